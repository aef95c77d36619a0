"""Functions on NumPy arrays that tests call in other interpreters, which import them from here."""

from __future__ import annotations

__all__ = ["described", "fill", "layouts", "same"]


def described(arrays):
    """Return what must be the same in another interpreter."""
    return {
        name: (type(a).__name__, a.dtype.str, repr(a.dtype), a.shape, a.flags.writeable, str(a.tolist()))
        for name, a in arrays.items()
    }


def layouts(arrays):
    """Return how the elements are laid out; strides of empty arrays mean nothing."""
    return {name: (a.flags.c_contiguous, a.flags.f_contiguous, a.size and a.strides) for name, a in arrays.items()}


def fill(array):
    array.fill(5)


def same(value):
    return value
