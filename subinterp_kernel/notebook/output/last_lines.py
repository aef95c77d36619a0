"""The end of a text as HTML: the lines that a terminal would show."""

from __future__ import annotations

import html
import re

__all__ = ["last_lines_as_html", "last_state"]

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def last_lines_as_html(text: str, count: int) -> str:
    """Return the last lines of a text, without colours."""
    lines = text.removesuffix("\n").split("\n")[-count:]
    return html.escape(_ESCAPE_SEQUENCE.sub("", "\n".join(map(last_state, lines))))


def last_state(line: str) -> str:
    """Return what a line shows after its carriage returns."""
    return line.rstrip("\r").rpartition("\r")[2]
