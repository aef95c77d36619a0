"""Builds small extension modules with the C compiler of this machine."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path

__all__ = ["SUFFIX", "build", "compiler"]

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

_SAMPLES = Path(__file__).parent.parent / "extensions" / "samples"


def compiler() -> list[str] | None:
    """Return the command of the C compiler, or None if this machine has none that can use Python's header files."""
    configured = shlex.split(sysconfig.get_config_var("CC") or "")
    has_headers = (Path(sysconfig.get_path("include")) / "Python.h").exists()
    for command in (configured, ["cc"]):
        if command and shutil.which(command[0]) and has_headers:
            return command
    return None


def build(source: str, target: Path, *options: str, link: tuple[str, ...] = ()) -> Path:
    """Build the library `target` from a file in the folder of samples; return `target`."""
    command = compiler()
    assert command is not None
    libraries = [*link, "-lstdc++"] if source.endswith(".cpp") else link
    target.parent.mkdir(parents=True, exist_ok=True)
    includes = {f"-I{sysconfig.get_path(each)}" for each in ("include", "platinclude")}
    flags = ["-shared", "-fPIC", "-O1", *includes, *options]
    subprocess.run([*command, *flags, str(_SAMPLES / source), "-o", str(target), *libraries], check=True, timeout=120)
    return target
