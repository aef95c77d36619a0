"""Which interpreter a cell is for, and where in it the code of that interpreter begins."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Route", "route_of"]

_MAGIC = "%%subinterp"


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


def route_of(code: str) -> Route | None:
    """Return where a cell goes whose first line is ``%%subinterp NAME``; None for a cell of the main interpreter."""
    first_line, newline, body = code.partition("\n")
    words = first_line.split()
    if len(words) < 2 or words[0] != _MAGIC or not newline:
        return None
    return Route(words[1], body, len(first_line) + 1)
