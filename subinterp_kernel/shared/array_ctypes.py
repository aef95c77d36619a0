"""Shared arrays as ctypes objects."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subinterp_kernel.bindings import array as _array

__all__ = ["view_of"]

_TYPES: dict[str, Any] = {
    "c": ctypes.c_char,
    "?": ctypes.c_bool,
    "b": ctypes.c_byte,
    "B": ctypes.c_ubyte,
    "h": ctypes.c_short,
    "H": ctypes.c_ushort,
    "i": ctypes.c_int,
    "I": ctypes.c_uint,
    "l": ctypes.c_long,
    "L": ctypes.c_ulong,
    "q": ctypes.c_longlong,
    "Q": ctypes.c_ulonglong,
    "n": ctypes.c_ssize_t,
    "N": ctypes.c_size_t,
    "f": ctypes.c_float,
    "d": ctypes.c_double,
    "P": ctypes.c_void_p,
}


def view_of(array: _array.ArrayMemory) -> Any:
    """Return a ctypes object over the array's memory; see :meth:`SharedArray.as_ctypes`."""
    made = _TYPES.get(array.format)
    if made is None:
        raise TypeError(f"ctypes has no type for elements of format {array.format!r}")
    for length in reversed(array.shape):
        made = made * length
    if not array.writable or not array.c_contiguous:
        raise BufferError("ctypes needs an array that is writable and C-contiguous: use SharedArray.copy_of(...) first")
    return made.from_buffer(array)
