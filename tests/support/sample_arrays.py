"""Arrays for tests."""

from __future__ import annotations

import subinterp_kernel as sk

__all__ = ["numbered"]


def numbered(*shape: int) -> sk.SharedArray:
    """Return an array of int with the elements 0, 1, 2, … in C order."""
    a = sk.SharedArray(shape, "i")
    a.reshape(-1)[:] = range(a.size)
    return a
