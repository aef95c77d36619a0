"""How objects cross from one interpreter to another: by pickle, and shared memory by reference."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any, cast

from subinterp_kernel.errors import NotShareableError

if TYPE_CHECKING:
    from subinterp_kernel.memory import SharedBlock

__all__ = ["dumps", "loads"]

# These need no more than the standard pickler, which is cheaper to set up and loads no further module.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

_pickler_class: Any = None


def _make_pickler_class() -> Any:
    # cloudpickle sends what was typed into __main__ by value: the other interpreter has another __main__.
    import cloudpickle

    from subinterp_kernel.compiled import memory

    class TransferPickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Pickles by value what lives in ``__main__``, and notes the shared blocks that it meets."""

        def __init__(self, file: io.BytesIO) -> None:
            super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
            self.pins: list[memory.SharedBlock] = []

        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is memory.SharedBlock:
                self.pins.append(obj)
                return NotImplemented
            return super().reducer_override(obj)

    return TransferPickler


def dumps(obj: object, what: str) -> tuple[bytes, list[SharedBlock]]:
    """Serialise an object for another interpreter.

    Parameters
    ----------
    obj : object
        What shall cross.
    what : str
        How an error message should call it, e.g. ``"variable 'x'"``.

    Returns
    -------
    data : bytes
        For :func:`loads` on the other side.
    pins : list of SharedBlock
        The shared blocks in it, held by the list until the message that carries `data` holds them itself.

    Raises
    ------
    NotShareableError
        The object cannot be pickled; the sentence says which and why.
    """
    if type(obj) in _PLAIN:
        return pickle.dumps(obj, pickle.HIGHEST_PROTOCOL), []
    global _pickler_class
    if _pickler_class is None:
        _pickler_class = _make_pickler_class()
    file = io.BytesIO()
    pickler = _pickler_class(file)
    try:
        pickler.dump(obj)
    except Exception as error:
        raise NotShareableError(
            f"{what} cannot cross to another interpreter: {type(error).__name__}: {error}; send plain data instead, or "
            "make it in the interpreter that needs it"
        ) from error
    return file.getvalue(), pickler.pins


def loads(data: bytes) -> Any:
    """Rebuild what :func:`dumps` has serialised. To be called while the message is alive, which pins shared memory."""
    return cast(Any, pickle.loads(data))
