"""Which cells run in other interpreters: by their first line, or by ``%subinterp use``."""

from __future__ import annotations

import re

from IPython.core.error import UsageError

from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.notebook.execution.cell_request import CellRequest
from subinterp_kernel.notebook.magics.argument_parser import LineParser
from subinterp_kernel.notebook.magics.options import parse_cell

__all__ = ["Router"]

_MAGIC = "%%subinterp"
_COMMENT = re.compile(r"#\s*subinterp:\s*(?P<line>\S.*)")

# Magics about the notebook itself run in main. Others, such as %timeit, %run or %%capture, run where the code runs.
_OF_THE_NOTEBOOK = frozenset({
    "subinterp", "subinterp_cython", "config", "connect_info", "qtconsole", "history", "hist", "recall", "rerun",
    "save", "notebook", "logon", "logoff", "logstart", "logstop", "logstate", "matplotlib", "pylab", "gui",
})  # fmt: skip


class Router:
    """Tells which cells run in other interpreters.

    Parameters
    ----------
    parser : LineParser
        The parser of ``%%subinterp``.

    Attributes
    ----------
    active : str or None
        The interpreters that plain cells run in, with commas between their names; None for main.
    suspended : bool
        Let plain cells run in main for now.
    """

    # IPython does not try transformers with this attribute on cells that are still being typed.
    has_side_effects = True

    def __init__(self, parser: LineParser) -> None:
        self._parser = parser
        self.active: str | None = None
        self.suspended = False

    def __call__(self, lines: list[str]) -> list[str]:
        """Insert the magic into a cell for another interpreter; an input transformer of IPython."""
        if self.suspended or not lines:
            return lines
        line = _arguments(lines[0].rstrip("\n"))
        if line is not None and line.strip() == MAIN_NAME:
            return lines[1:]  # a plain cell
        if line is not None:
            return [f"{_MAGIC} {line.rstrip()}\n", *lines[1:]]
        if self.active is not None and _runs_in_active("".join(lines)):
            return [f"{_MAGIC} {self.active}\n", *lines]
        return lines

    def request_of(self, code: str) -> CellRequest | None:
        """Return the request of a cell as it is typed; None for a cell of main, or with an invalid first line."""
        first_line, newline, body = code.partition("\n")
        line = _arguments(first_line)
        if line is not None and line.strip() == MAIN_NAME:
            return None
        if line is not None:
            return self._parse(line, body, len(first_line) + 1) if newline else None
        if self.active is not None and _runs_in_active(code):
            return CellRequest(self.active, code)
        return None

    def _parse(self, line: str, body: str, offset: int) -> CellRequest | None:
        try:
            return parse_cell(self._parser, line, body, offset)
        except UsageError:
            return None


def _arguments(first_line: str) -> str | None:
    """Return what follows the magic, or the comment that stands for it."""
    comment = _COMMENT.match(first_line)
    if comment:
        return comment["line"]
    magic, _, line = first_line.partition(" ")
    return line if magic == _MAGIC else None


def _runs_in_active(cell: str) -> bool:
    """Return whether a plain cell runs in the active interpreter: not if it starts with a magic about the notebook."""
    start = cell.lstrip()
    if not start:
        return False
    magic = re.match(r"%%?(\w+)", start)
    return magic is None or magic[1] not in _OF_THE_NOTEBOOK
