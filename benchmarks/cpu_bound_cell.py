"""A cell that only computes, importable by processes and by interpreters alike."""

from __future__ import annotations

__all__ = ["compute"]

_ROUNDS = 2_000_000


def compute(_number: int = 0) -> int:
    """Keep one core busy for some hundredths of a second."""
    total = 0
    for number in range(_ROUNDS):
        total += number & 7
    return total
