"""How a call crosses to a pool: the id of its function as 8 bytes, then its arguments.

The arguments are a pickled tuple, or a list ``[args, kwargs]`` if there are keyword arguments.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["call_each", "call_with_constants", "prefix", "split"]

_ID = struct.Struct("<Q")


def prefix(function_id: int) -> bytes:
    """Return what the payload of each task with this function starts with."""
    return _ID.pack(function_id)


def split(payload: bytes) -> tuple[int, memoryview]:
    """Return the id of the function and the pickled arguments in the payload of a task."""
    return _ID.unpack_from(payload)[0], memoryview(payload)[_ID.size :]


def call_each(function: Callable[..., Any], *chunk: tuple[Any, ...]) -> list[Any]:
    """Call a function with each of several tuples of arguments: the task for one chunk of a map."""
    return [function(*args) for args in chunk]


def call_with_constants(
    function: Callable[..., Any], constants: Mapping[int, Any], /, *args: Any, **kwargs: Any
) -> Any:
    """Call a function with arguments that are the same for all tasks of a map, by their positions, and others."""
    variable = iter(args)
    count = len(args) + len(constants)
    return function(*(constants[n] if n in constants else next(variable) for n in range(count)), **kwargs)
