"""Serialization for other interpreters: shared objects by reference, buffers in shared memory, the rest by pickle."""

from __future__ import annotations

import _pickle as pickle  # the C part alone: the rest of pickle, which is not used, imports re
import io
import struct
import sys
from contextvars import ContextVar
from types import BuiltinFunctionType, CodeType, FunctionType

from subinterp_kernel.errors import NotShareableError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, Protocol

    class Pin(Protocol):
        """A shared object that a message keeps alive, by its id, until the message is dropped."""

        @property
        def id(self) -> int:
            """Its id, unique in the process."""


__all__ = [
    "dumps", "dumps_variables", "globals_of_main", "is_pickled_by_reference", "is_shareable", "loads",
]  # fmt: skip


# Pickled without a subclass of Pickler, which takes longer to create.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

_HIGHEST_PROTOCOL = -1

_SHAREABLE = frozenset({type(None), bool, int, float, str, bytes})

# After a pickle with out-of-band buffers: the ids of their shared memory, their number, and a byte that no pickle
# ends with.
_COUNT = struct.Struct("=I")
_END_OF_PICKLE = ord(".")
_END_OF_BUFFERS = b"\0"


class _NeedsCloudpickleError(Exception):
    """Pickled by name, this object would be another one in the other interpreter, or missing there."""


def _crosses_by_reference(obj: object) -> bool:
    return getattr(type(obj), "_crosses_by_reference", False) is True


class _Buffers:
    """Takes out-of-band buffers of pickle protocol 5: copies each once, into shared memory that the message pins."""

    def __init__(self, pins: list[Pin]) -> None:
        self._pins = pins
        self.ids: list[int] = []

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        from subinterp_kernel.shared.array import SharedArray

        copy = SharedArray.copy_of(buffer.raw())
        self._pins.append(copy)
        self.ids.append(copy.id)
        return False  # out of band

    def trailer(self) -> bytes:
        if not self.ids:
            return b""
        return struct.pack(f"={len(self.ids)}Q", *self.ids) + _COUNT.pack(len(self.ids)) + _END_OF_BUFFERS


def _is_numpy_array(obj: Any) -> bool:
    if "numpy" not in sys.modules:
        return False
    from subinterp_kernel.shared import array_numpy

    return array_numpy.is_array(obj)


def _reduce_shared(obj: Any, pins: list[Pin]) -> Any:
    pins.append(obj)
    return obj.__reduce__()  # and not what copyreg has, which is for other processes


def _reduce_numpy_array(array: Any) -> Any:
    from subinterp_kernel.shared import array_numpy

    return array_numpy.reduce_array(array)


class _Pickler(pickle.Pickler):
    """The standard pickler, which records shared objects and gives up on objects that need cloudpickle."""

    def __init__(self, file: io.BytesIO, buffers: _Buffers, pins: list[Pin]) -> None:
        super().__init__(file, _HIGHEST_PROTOCOL, buffer_callback=buffers)
        self._pins = pins

    def reducer_override(self, obj: Any) -> Any:
        if _crosses_by_reference(obj):
            return _reduce_shared(obj, self._pins)
        if isinstance(obj, type | FunctionType):
            # The __main__ of the other interpreter is another module.
            if obj.__module__ == "__main__":
                raise _NeedsCloudpickleError
        elif _is_numpy_array(obj):
            return _reduce_numpy_array(obj)
        return NotImplemented


globals_of_main: ContextVar[dict[str, Any] | None] = ContextVar("globals_of_main", default=None)
"""The globals for functions of ``__main__`` that are unpickled; None: new ones for each pickle."""


class _MainGlobals(dict):  # type: ignore[type-arg] # Any would have to be imported
    """Takes the place of ``__main__.__dict__`` in a pickle."""

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        return _make_globals, (dict(self),)


def _make_globals(initial: dict[str, Any]) -> dict[str, Any]:
    namespace = globals_of_main.get()
    if namespace is None:
        return initial
    for name, value in initial.items():
        namespace.setdefault(name, value)
    return namespace


_by_value_class: Any = None


def _make_by_value_class() -> Any:
    import cloudpickle

    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Pickles functions and classes of ``__main__`` and local ones by value; records shared objects."""

        def __init__(self, file: io.BytesIO, buffers: _Buffers, pins: list[Pin]) -> None:
            super().__init__(file, protocol=_HIGHEST_PROTOCOL, buffer_callback=buffers)
            self._pins = pins
            self.globals_ref[id(sys.modules["__main__"].__dict__)] = _MainGlobals()

        def reducer_override(self, obj: Any) -> Any:
            if _crosses_by_reference(obj):
                return _reduce_shared(obj, self._pins)
            if isinstance(obj, CodeType):
                return _with_file_name(self.dispatch_table[CodeType](obj), obj)
            return _reduce_numpy_array(obj) if _is_numpy_array(obj) else super().reducer_override(obj)

    return ByValuePickler


def _with_file_name(reduced: Any, code: CodeType) -> Any:
    """Put back the file that tracebacks name; cloudpickle replaces it, so that pickles do not depend on it."""
    make, arguments = reduced
    return make, tuple(code.co_filename if each == "<dynamic-code>" else each for each in arguments)


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
    """Serialize an object for another interpreter.

    Parameters
    ----------
    obj : object
        The object. The standard pickler is tried first; cloudpickle is used if that fails, or if it would pickle a
        function or class of ``__main__`` by name.
    what : str
        What an error message calls the object, e.g. ``"variable 'x'"``.

    Returns
    -------
    data : bytes
        The argument for :func:`loads` in the other interpreter.
    pins : list of shared objects
        The shared objects in it. The caller keeps the list until the message with `data` holds them.

    Raises
    ------
    NotShareableError
        The object cannot be pickled.
    """
    try:
        return _serialize(obj)
    except Exception as error:
        raise NotShareableError(
            f"{what} cannot cross to another interpreter: {type(error).__name__}: {error}; send plain data instead, or "
            "make it in the interpreter that needs it"
        ) from error


def dumps_variables(variables: dict[str, Any]) -> tuple[bytes, list[Pin]]:
    """Do the same as :func:`dumps` for a dict of variables; an error names the variable that cannot be sent."""
    try:
        return dumps(variables, "the variables")
    except NotShareableError:
        for name, value in variables.items():
            dumps(value, f"variable {name!r}")
        raise


def is_shareable(obj: object) -> bool:
    """Return whether an object can be sent to another interpreter without pickle.

    Parameters
    ----------
    obj : object
        Any object.

    Returns
    -------
    bool
        True for None, bool, int, float, str and bytes, for tuples of these, and for the shared objects of this package.

    Notes
    -----
    Other objects can be sent, too, if pickle or cloudpickle can pickle them. Thread-safe.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> sk.is_shareable((1, "text")), sk.is_shareable(sk.Queue()), sk.is_shareable([1])
    (True, True, False)
    """
    if type(obj) is tuple:
        return all(map(is_shareable, obj))
    return type(obj) in _SHAREABLE or _crosses_by_reference(obj)


def is_pickled_by_reference(obj: object) -> bool:
    """Return whether an object is a function or class that the other interpreter imports, whatever its content."""
    if not isinstance(obj, FunctionType | BuiltinFunctionType | type) or obj.__module__ == "__main__":
        return False
    found: object = sys.modules.get(obj.__module__ or "")
    for name in obj.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is obj


def _serialize(obj: object) -> tuple[bytes, list[Pin]]:
    if type(obj) in _PLAIN or (type(obj) is tuple and all(type(item) in _PLAIN for item in obj)):
        return pickle.dumps(obj, _HIGHEST_PROTOCOL), []
    try:
        return _pickle(obj, _Pickler)
    except (_NeedsCloudpickleError, pickle.PicklingError, AttributeError, TypeError):
        # Raised by pickle for lambdas, local classes, modules and the like, which cloudpickle may be able to pickle.
        return _pickle_by_value(obj)


def loads(data: bytes | memoryview) -> Any:
    """Return the object that :func:`dumps` serialized. The message must still exist, because it pins shared memory."""
    if data[-1] == _END_OF_PICKLE:
        return pickle.loads(data)
    from subinterp_kernel.shared.array import SharedArray

    end = len(data) - len(_END_OF_BUFFERS) - _COUNT.size
    (count,) = _COUNT.unpack_from(data, end)
    ids = struct.unpack_from(f"={count}Q", data, end - 8 * count)
    return pickle.loads(data, buffers=[SharedArray.attach(id) for id in ids])
