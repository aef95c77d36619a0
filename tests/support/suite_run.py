"""Runs a small test suite by pytest in a child process, as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PLUGIN = "subinterp_kernel.testing.plugin"


def write_suite(folder: Path, files: dict[str, str]) -> None:
    """Write the files, given without `.py`, and an empty configuration: so that pytest looks no further."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, source in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)


def command(*arguments: str, plugins: tuple[str, ...] = (PLUGIN,)) -> list[str]:
    """Return the command that runs pytest with these plugins only."""
    loaded = [part for plugin in plugins for part in ("-p", plugin)]
    return [sys.executable, "-P", "-m", "pytest", *loaded, *arguments]


def environment(**variables: str) -> dict[str, str]:
    """Return an environment without what an outer pytest has set."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    return inherited | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "150"} | variables


def run_suite(
    folder: Path, files: dict[str, str], *arguments: str, plugins: tuple[str, ...] = (PLUGIN,)
) -> subprocess.CompletedProcess[str]:
    """Write the files, run pytest there, and return the process, with both streams in its `stdout`."""
    write_suite(folder, files)
    return subprocess.run(
        command(*arguments, plugins=plugins),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )


def outcomes(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of `-rA`, sorted, without the reasons of failures."""
    words = ("PASSED ", "FAILED ", "ERROR ", "XFAIL ", "XPASS ", "SKIPPED ")
    lines = [
        line for line in done.stdout.rpartition("short test summary info")[2].splitlines() if line.startswith(words)
    ]
    return sorted(line.partition(" - ")[0] for line in lines)
