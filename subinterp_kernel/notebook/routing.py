"""Which interpreter a cell is for: by its first line, or by what ``%subinterp use`` has set."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Route", "Router"]

_MAGIC = "%%subinterp"
_COMMENT = re.compile(r"#\s*subinterp:\s*(?P<line>\S.*)")

# Magics about the notebook itself. Others, such as %timeit, %run or %%capture, are about the code and go along with it.
_OF_THE_NOTEBOOK = frozenset({
    "subinterp", "config", "connect_info", "qtconsole", "history", "hist", "recall", "rerun", "save", "notebook",
    "logon", "logoff", "logstart", "logstop", "logstate", "matplotlib", "pylab", "gui",
})  # fmt: skip


class Route(NamedTuple):
    """A cell for another interpreter.

    Attributes
    ----------
    name : str
        The interpreter's.
    body : str
        The code for it.
    offset : int
        How many characters come before the body.
    """

    name: str
    body: str
    offset: int


class Router:
    """Knows where cells go.

    Attributes
    ----------
    active : str or None
        The interpreter that plain cells go to; None for the main one.
    """

    # IPython's name for what must not be tried out on cells that are still being typed.
    has_side_effects = True

    def __init__(self) -> None:
        self.active: str | None = None
        self.suspended = False

    def __call__(self, lines: list[str]) -> list[str]:
        """Give a cell for another interpreter the first line that says so; an input transformer of IPython."""
        if self.suspended or not lines:
            return lines
        comment = _COMMENT.match(lines[0])
        if comment:
            return [f"{_MAGIC} {comment['line'].rstrip()}\n", *lines[1:]]
        if self.active is not None and _is_code("".join(lines)):
            return [f"{_MAGIC} {self.active}\n", *lines]
        return lines

    def route_of(self, code: str) -> Route | None:
        """Return where a cell goes that is not for the main interpreter."""
        first_line, newline, body = code.partition("\n")
        comment = _COMMENT.match(first_line)
        words = first_line.split()
        if comment:
            words = [_MAGIC, *comment["line"].split()]
        if len(words) > 1 and words[0] == _MAGIC and newline:
            # Of several interpreters the first one answers what is asked about the cell.
            return Route(words[1].partition(",")[0], body, len(first_line) + 1)
        if self.active is not None and _is_code(code):
            return Route(self.active, code, 0)
        return None


def _is_code(cell: str) -> bool:
    """Tell whether a plain cell is for the active interpreter: not if it begins with a magic about the notebook."""
    start = cell.lstrip()
    if not start:
        return False
    magic = re.match(r"%%?(\w+)", start)
    return magic is None or magic[1] not in _OF_THE_NOTEBOOK
