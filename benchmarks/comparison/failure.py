"""An error as one line of a report."""

from __future__ import annotations

__all__ = ["one_line"]

_LONGEST = 200


def one_line(error: BaseException) -> str:
    """Return the class and the last line of the message: long messages, such as NumPy's, end with the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
    return text[:_LONGEST]
