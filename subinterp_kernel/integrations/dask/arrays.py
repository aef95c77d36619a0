"""How a SharedArray leaves the process: Dask sends its content, and the receiver makes a new one."""

from __future__ import annotations

import copyreg
import pickle
from typing import Any

from dask.hashing import hash_buffer_hex
from dask.sizeof import sizeof
from dask.tokenize import normalize_token
from distributed.protocol import dask_deserialize, dask_serialize

from subinterp_kernel.shared.array import SharedArray

__all__ = ["register"]


def register() -> None:
    """Let Dask, and pickle in this interpreter, send the content of a SharedArray."""
    dask_serialize.register(SharedArray)(_serialize)
    dask_deserialize.register(SharedArray)(_deserialize)
    sizeof.register(SharedArray)(_sizeof)
    normalize_token.register(SharedArray)(_token)
    # Dask pickles lists, arguments and graphs with the arrays in them.
    copyreg.pickle(SharedArray, _reduce)


class _Content:
    """The bytes of an array, which are pickled out of band if the protocol can do that."""

    def __init__(self, content: memoryview) -> None:
        self._content = content

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _same, (pickle.PickleBuffer(self._content) if protocol >= 5 else bytes(self._content),)


def _same(content: Any) -> Any:
    return content


def _serialize(array: SharedArray) -> tuple[dict[str, Any], list[memoryview]]:
    order = "F" if array.f_contiguous and not array.c_contiguous else "C"
    if not (array.c_contiguous or array.f_contiguous):
        array, writable = SharedArray.copy_of(array), array.writable
    else:
        writable = array.writable
    header = {"shape": array.shape, "format": array.format, "order": order, "writable": writable}
    return header, [pickle.PickleBuffer(array).raw()]


def _deserialize(header: dict[str, Any], frames: list[Any]) -> SharedArray:
    array = SharedArray(tuple(header["shape"]), header["format"], order=header["order"])
    if array.nbytes:
        pickle.PickleBuffer(array).raw()[:] = memoryview(frames[0]).cast("B")
    return array if header["writable"] else array.readonly()


def _reduce(array: SharedArray) -> tuple[Any, ...]:
    header, frames = _serialize(array)
    return _deserialize, (header, [_Content(frames[0])])


def _sizeof(array: SharedArray) -> int:
    return int(array.nbytes)


def _token(array: SharedArray) -> tuple[Any, ...]:
    _, frames = _serialize(array)
    return "SharedArray", array.shape, array.format, hash_buffer_hex(frames[0])
