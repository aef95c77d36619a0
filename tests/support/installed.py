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

    def install(self, name: str, *files: Path, texts: dict[str, str] | None = None, requires: str = "") -> Path:
        """Install a distribution with copies of files at the top level, and with files of the given texts by path."""
        installed = [Path(shutil.copy(file, self.folder)).name for file in files]
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
