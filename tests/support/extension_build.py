"""Builds small extension modules with the C compiler of this machine."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from subinterp_kernel.extensions import policy

__all__ = ["COUNTER_OPTIONS", "SUFFIX", "build", "compiler", "skip_where_not_supported"]

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

# With which options counter.c declares what.
COUNTER_OPTIONS = {
    "own_gil": "-DSUPPORT=Py_MOD_PER_INTERPRETER_GIL_SUPPORTED",
    "shared_gil": "-DSUPPORT=Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED",
    "none": "-DSUPPORT=Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED",
    "absent": "-DWITHOUT_SUPPORT",
    "single_phase": "-DSINGLE_PHASE",
}

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


def skip_where_not_supported(items: list[pytest.Item], folder: Path, reason: str) -> None:
    """Skip the tests of a folder on platforms where no private copies can be made."""
    if not policy.SUPPORTED:
        for item in items:
            if folder in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))
