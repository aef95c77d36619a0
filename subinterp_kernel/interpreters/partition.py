"""Divides a sequence among interpreters, and joins what they have made of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from subinterp_kernel.shared import array_numpy
from subinterp_kernel.shared.array import SharedArray

__all__ = ["join", "split"]


def split(value: Any, count: int) -> list[Any]:
    """Return contiguous slices of a sequence whose lengths differ by at most 1.

    Parameters
    ----------
    value : sequence, SharedArray or numpy.ndarray
        Arrays are divided along their first dimension, by reference: a NumPy array is copied once into shared memory,
        unless it is there already.
    count : int
        The number of slices. The last ones are empty if there are fewer items.

    Raises
    ------
    TypeError
        The value is not a sequence.
    """
    if isinstance(value, str | bytes | bytearray) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        raise TypeError(f"only sequences and arrays can be scattered, not {type(value).__name__}")
    if array_numpy.is_array(value) and not value.dtype.hasobject and value.nbytes:
        value = array_numpy.in_shared_memory(value)
    quotient, remainder = divmod(len(value), count)
    ends = [n * quotient + min(n, remainder) for n in range(count + 1)]
    return [value[begin:end] for begin, end in pairwise(ends)]


def join(parts: Sequence[Any]) -> Any:
    """Return the parts as one sequence, in their order.

    Slices of one shared array that follow each other become one slice of it, without a copy. Other arrays are
    concatenated along their first dimension. Lists, tuples and ranges become a list, and anything else is an item of a
    list.
    """
    joined = _adjacent(parts)
    if joined is not None:
        return joined
    if all(isinstance(part, SharedArray) or array_numpy.is_array(part) for part in parts):
        import numpy

        return numpy.concatenate([numpy.asarray(part) for part in parts])
    if all(isinstance(part, list | tuple | range) for part in parts):
        return [item for part in parts for item in part]
    return list(parts)


def _adjacent(parts: Sequence[Any]) -> Any:
    """Return slices of one array that follow each other as one array, or None if they are something else."""
    if "numpy" not in sys.modules or not parts or not all(map(array_numpy.is_array, parts)):
        return None
    full = [part for part in parts if len(part)]
    first = full[0] if full else parts[0]
    end = array_numpy.address_of(first)
    for part in full:
        same = part.dtype == first.dtype and part.shape[1:] == first.shape[1:] and part.strides == first.strides
        if not same or array_numpy.block_of(part) != array_numpy.block_of(first) or array_numpy.address_of(part) != end:
            return None
        end += len(part) * part.strides[0]
    if array_numpy.block_of(first) is None:
        return None
    return array_numpy.extended(first, sum(map(len, full)))
