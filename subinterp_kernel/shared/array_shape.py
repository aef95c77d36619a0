"""Checks of the shapes of shared arrays. Importable in every interpreter."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Sequence

from subinterp_kernel.bindings import array_layout as _array_layout

__all__ = ["as_lengths", "as_shape", "infer_length"]


def as_lengths(shape: int | Sequence[int] | Sequence[int | Sequence[int]]) -> tuple[int, ...]:
    """Return the lengths as a tuple of int; they may be negative."""
    lengths = shape if isinstance(shape, Sequence) else (shape,)
    numbers = tuple(operator.index(length) for length in lengths)  # type: ignore[arg-type]
    if len(numbers) > _array_layout.MAX_DIMENSIONS:
        raise ValueError(f"an array has at most {_array_layout.MAX_DIMENSIONS} dimensions, not {len(numbers)}")
    return numbers


def as_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    """Return the shape as a tuple of int, or raise ValueError if no array can have it."""
    lengths = as_lengths(shape)
    for length in lengths:
        if length < 0:
            raise ValueError(f"a dimension has at least length 0, not {length}")
        if length > sys.maxsize:
            raise ValueError(f"a dimension of length {length} has more elements than can be addressed")
    return lengths


def infer_length(lengths: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Replace a length of -1 by the one that makes `size` elements."""
    if lengths.count(-1) > 1:
        raise ValueError("only one length of a shape can be -1")
    known = math.prod(length for length in lengths if length != -1)
    if -1 in lengths and known > 0:
        lengths = tuple(size // known if length == -1 else length for length in lengths)
    return as_shape(lengths)
