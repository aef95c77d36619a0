"""How objects cross from one interpreter to another: by reference if shared, buffers in blocks, the rest by pickle."""

from __future__ import annotations

import io
import pickle
import struct
import sys
from types import FunctionType
from typing import Any, Protocol, cast

from subinterp_kernel.errors import NotShareableError

__all__ = ["Pin", "dumps", "dumps_variables", "loads"]


class Pin(Protocol):
    """A shared object, which a message holds by its id for as long as the message lives."""

    @property
    def id(self) -> int:
        """Its number in the process."""


# These need no more than the standard pickler, which is cheaper to set up.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

_NUMPY_CODES = "?bBhHiIlLqQefdFD"

# Behind a pickle with buffers out of band: the ids of their blocks, how many, and a byte that ends no pickle.
_COUNT = struct.Struct("=I")
_END_OF_PICKLE = ord(".")
_END_OF_BUFFERS = b"\0"


class _NeedsCloudpickleError(Exception):
    """By reference, this object would mean another one over there, or none."""


def _crosses_by_reference(obj: object) -> bool:
    return getattr(type(obj), "_crosses_by_reference", False) is True


class _Buffers:
    """What pickle protocol 5 gives out of band: each buffer is copied once, into a block that the message pins."""

    def __init__(self, pins: list[Pin]) -> None:
        self._pins = pins
        self.ids: list[int] = []

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        from subinterp_kernel.array import SharedArray

        copy = SharedArray.copy_of(buffer.raw())
        self._pins.append(copy)
        self.ids.append(copy.id)
        return False  # out of band

    def trailer(self) -> bytes:
        if not self.ids:
            return b""
        return struct.pack(f"={len(self.ids)}Q", *self.ids) + _COUNT.pack(len(self.ids)) + _END_OF_BUFFERS


def _reduce_array(array: Any) -> tuple[Any, tuple[Any]]:
    # Only one interpreter of the process can own NumPy; to the others its data comes as a shared array.
    from subinterp_kernel.array import SharedArray, arrive

    return arrive, (SharedArray.copy_of(array),)


def _is_plain_numpy_array(obj: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(obj) is numpy.ndarray and obj.dtype.char in _NUMPY_CODES and obj.dtype.isnative


class _Pickler(pickle.Pickler):
    """The standard pickler, in C, which notes shared objects and gives up where only cloudpickle can help."""

    def __init__(self, file: io.BytesIO, buffers: _Buffers, pins: list[Pin]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers)
        self._pins = pins

    def reducer_override(self, obj: Any) -> Any:
        if _crosses_by_reference(obj):
            self._pins.append(obj)
        elif isinstance(obj, type | FunctionType):
            # The other interpreter has another __main__.
            if obj.__module__ == "__main__":
                raise _NeedsCloudpickleError
        elif _is_plain_numpy_array(obj):
            return _reduce_array(obj)
        return NotImplemented


_by_value_class: Any = None


def _make_by_value_class() -> Any:
    import cloudpickle

    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Pickles by value what lives in ``__main__``, lambdas, closures and local classes; notes shared objects."""

        def __init__(self, file: io.BytesIO, buffers: _Buffers, pins: list[Pin]) -> None:
            super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL, buffer_callback=buffers)
            self._pins = pins

        def reducer_override(self, obj: Any) -> Any:
            if _crosses_by_reference(obj):
                self._pins.append(obj)
                return NotImplemented
            return _reduce_array(obj) if _is_plain_numpy_array(obj) else super().reducer_override(obj)

    return ByValuePickler


def _pickle(obj: object, pickler_class: Any) -> tuple[bytes, list[Pin]]:
    pins: list[Pin] = []
    buffers = _Buffers(pins)
    file = io.BytesIO()
    pickler_class(file, buffers, pins).dump(obj)
    file.write(buffers.trailer())
    return file.getvalue(), pins


def _pickle_by_value(obj: object) -> tuple[bytes, list[Pin]]:
    global _by_value_class
    if _by_value_class is None:
        _by_value_class = _make_by_value_class()
    return _pickle(obj, _by_value_class)


def dumps(obj: object, what: str) -> tuple[bytes, list[Pin]]:
    """Serialise an object for another interpreter.

    Parameters
    ----------
    obj : object
        What shall cross. The standard pickler is tried first, cloudpickle where it cannot, or where it would send the
        mere name of something in ``__main__``.
    what : str
        How an error message should call it, e.g. ``"variable 'x'"``.

    Returns
    -------
    data : bytes
        For :func:`loads` on the other side.
    pins : list of shared objects
        Those in it, held by the list until the message that carries `data` holds them itself.

    Raises
    ------
    NotShareableError
        The object cannot be pickled; the sentence says which and why.
    """
    try:
        return _serialise(obj)
    except Exception as error:
        raise NotShareableError(
            f"{what} cannot cross to another interpreter: {type(error).__name__}: {error}; send plain data instead, or "
            "make it in the interpreter that needs it"
        ) from error


def dumps_variables(variables: dict[str, Any]) -> tuple[bytes, list[Pin]]:
    """As :func:`dumps` for a dict of variables; an error names the one that cannot cross."""
    try:
        return dumps(variables, "the variables")
    except NotShareableError:
        for name, value in variables.items():
            dumps(value, f"variable {name!r}")
        raise


def _serialise(obj: object) -> tuple[bytes, list[Pin]]:
    if type(obj) in _PLAIN:
        return pickle.dumps(obj, pickle.HIGHEST_PROTOCOL), []
    try:
        return _pickle(obj, _Pickler)
    except (_NeedsCloudpickleError, pickle.PicklingError, AttributeError, TypeError):
        # What pickle says of lambdas, local classes, modules and the like, with which cloudpickle may do better.
        return _pickle_by_value(obj)


def loads(data: bytes) -> Any:
    """Rebuild what :func:`dumps` has serialised. To be called while the message is alive, which pins shared memory."""
    if data[-1] == _END_OF_PICKLE:
        return cast(Any, pickle.loads(data))
    from subinterp_kernel.array import SharedArray

    end = len(data) - len(_END_OF_BUFFERS) - _COUNT.size
    (count,) = _COUNT.unpack_from(data, end)
    ids = struct.unpack_from(f"={count}Q", data, end - 8 * count)
    return pickle.loads(data, buffers=[SharedArray.attach(id) for id in ids])
