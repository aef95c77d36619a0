"""What the interpreters have collected: shown once, and compared."""

from __future__ import annotations

import difflib
from types import SimpleNamespace
from typing import Any

import pytest

from subinterp_kernel.testing.interpreter_run import InterpreterRun

__all__ = ["count_deselected", "difference", "show", "write"]

_LINES = 20  # of a difference


def show(config: pytest.Config, text: str, interpreters: int, tests: int) -> None:
    """Show what pytest has written at the end of the collection in the first interpreter."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    write(config, text)
    if config.getoption("collectonly"):
        reporter._numcollected += tests  # of the last line; nothing else tells it the number
    elif interpreters > 1 and config.get_verbosity() >= 0:
        write(config, f"running them in {interpreters} interpreters at once\n")


def count_deselected(config: pytest.Config, ids: list[str]) -> None:
    """Count tests that were not selected, for the last line."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.stats.setdefault("deselected", []).extend(SimpleNamespace(nodeid=nodeid) for nodeid in ids)


def write(config: pytest.Config, text: str) -> None:
    """Write lines to the terminal."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and text:
        reporter.ensure_newline()
        reporter.write(text.lstrip("\n"))


def difference(runs: list[InterpreterRun]) -> str | None:
    """Return how the tests of the first two interpreters differ that have not collected the same, or None."""
    first = runs[0]
    for run in runs[1:]:
        if first.ids is not None and run.ids is not None and run.ids != first.ids:
            names = f"interpreter {first.number}", f"interpreter {run.number}"
            lines = list(difflib.unified_diff(first.ids, run.ids, *names, lineterm="", n=0))
            more = [f"and {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
            return "".join(f"{line}\n" for line in [*lines[:_LINES], *more])
    return None
