"""NumPy arrays for other interpreters: copied once into shared memory, or passed by reference if they are there.

Importable in every interpreter; only the functions that get or make a NumPy array import NumPy.
"""

from __future__ import annotations

import pickle
import sys
from typing import Any, Literal

from subinterp_kernel.bindings import array_layout as _array_layout
from subinterp_kernel.shared.array import SharedArray, as_local_array
from subinterp_kernel.shared.array_dtype import struct_code

__all__ = ["address_of", "block_of", "extended", "in_shared_memory", "is_array", "reduce_array"]

_NUMBERS = "?bBhHiIlLqQefdFD"  # NumPy's codes of the dtypes that a SharedArray can have


def is_array(obj: Any) -> bool:
    """Return whether an object is a NumPy array and not of a subclass, without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(obj) is getattr(numpy, "ndarray", None)


def reduce_array(array: Any) -> Any:
    """Return what ``__reduce__`` of a NumPy array should return for another interpreter.

    Numbers are reduced to a SharedArray, which they stay where NumPy cannot be imported. Objects are left to NumPy's
    own pickling.
    """
    if array.dtype.hasobject:
        return array.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    if array.dtype.char in _NUMBERS and array.dtype.isnative:
        view = _view_of_shared(array)
        return as_local_array, (_copy_of(array) if view is None else view,)
    if _owner_of(array) is None:
        array = _copy_of_other(array)
    owner = _owner_of(array)
    block = SharedArray.attach(owner.id).cast("B")
    block = block if array.flags.writeable else block.readonly()
    return _as_other_array, (array.dtype, block, _offset(array, owner), array.shape, array.strides)


def in_shared_memory(array: Any) -> Any:
    """Return the array, or a copy of it in shared memory unless it is there."""
    import numpy

    if _owner_of(array) is not None:
        return array
    if array.dtype.char in _NUMBERS and array.dtype.isnative:
        return numpy.asarray(_copy_of(array))
    return _copy_of_other(array)


def block_of(array: Any) -> int | None:
    """Return the id of the shared block that the array is a view of, or None."""
    owner = _owner_of(array)
    return None if owner is None else int(owner.id)


def address_of(array: Any) -> int:
    """Return the address of the element with all indices 0."""
    return int(array.__array_interface__["data"][0])


def extended(array: Any, length: int) -> Any:
    """Return a view of the same shared block that begins like the array and has another length.

    Raises
    ------
    ValueError
        The block is smaller.
    """
    owner = _owner_of(array)
    block = SharedArray.attach(owner.id).cast("B")
    block = block if array.flags.writeable else block.readonly()
    shape = (length, *array.shape[1:])
    return _as_other_array(array.dtype, block, _offset(array, owner), shape, array.strides)


def _as_other_array(
    dtype: Any, block: SharedArray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> Any:
    import numpy

    return numpy.ndarray(shape, dtype, memoryview(block), offset, strides)


def _owner_of(view: Any) -> Any:
    """Return the shared array whose memory a NumPy array or a memoryview uses, or None."""
    while view is not None and not isinstance(view, SharedArray):
        view = view.obj if isinstance(view, memoryview) else view.base if is_array(view) else None
    return view


def _offset(array: Any, owner: SharedArray) -> int:
    """Return the bytes from the start of the block to the element with all indices 0."""
    start: int = array.__array_interface__["data"][0]
    return start - owner.address + _array_layout.offset_of(owner)


def _view_of_shared(array: Any) -> SharedArray | None:
    owner = _owner_of(array)
    if owner is None:
        return None
    view, format = SharedArray.__new__(SharedArray), struct_code(array.dtype)
    layout = _offset(array, owner), array.shape, array.strides, not array.flags.writeable
    try:
        _array_layout.attach(view, owner.id, format, *layout)
    except ValueError:  # an array that a broadcast made larger than the block
        return None
    return view


def _copy_of(array: Any) -> SharedArray:
    import numpy

    copy = SharedArray(array.shape, array.dtype.char, order=_order(array))
    numpy.copyto(numpy.asarray(copy), array)
    return copy if array.flags.writeable else copy.readonly()


def _copy_of_other(array: Any) -> Any:
    import numpy

    block = memoryview(SharedArray(array.nbytes, "uint8"))
    copy = numpy.ndarray(array.shape, array.dtype, block, order=_order(array))
    numpy.copyto(copy, array)
    copy.flags.writeable = array.flags.writeable
    return copy


def _order(array: Any) -> Literal["C", "F"]:
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
