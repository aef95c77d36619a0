"""Completes tracebacks of other interpreters: the source of a function that was sent from a cell is known here only."""

from __future__ import annotations

import re

__all__ = ["completed"]

# A frame that no source line follows.
_WITHOUT_SOURCE = re.compile(r'^(  File "(?P<file>[^"\n]+)", line (?P<line>\d+), in .+\n)(?!    )', re.MULTILINE)


def completed(traceback: str) -> str:
    """Insert the source lines that this interpreter knows.

    Parameters
    ----------
    traceback : str
        A traceback as Python prints it.
    """
    return _WITHOUT_SOURCE.sub(_with_source, traceback)


def _with_source(frame: re.Match[str]) -> str:
    import linecache

    line = linecache.getline(frame["file"], int(frame["line"])).strip()
    return f"{frame[1]}    {line}\n" if line else frame[1]
