"""Makes installed distributions: files, with the metadata that pip writes."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["Installed"]


class Installed:
    """A folder of installed distributions.

    Parameters
    ----------
    folder : Path
        It is created.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def install(
        self, name: str, *files: Path, texts: dict[str, str] | None = None, under: str = "", requires: str = ""
    ) -> Path:
        """Install a distribution with copies of files under a folder, and with files of the given texts by path."""
        (self.folder / under).mkdir(exist_ok=True)
        copies = [Path(shutil.copy(file, self.folder / under)) for file in files]
        installed = [str(copy.relative_to(self.folder)) for copy in copies]
        for path, text in (texts or {}).items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
            installed.append(path)
        metadata = self.folder / f"{name.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        needed = f"Requires-Dist: {requires}\n" if requires else ""
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}")
        (metadata / "RECORD").write_text("".join(f"{path},,\n" for path in installed))
        return metadata
