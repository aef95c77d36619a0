"""The functions of a pool, each of which crosses once to each interpreter."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from subinterp_kernel.interpreters.pool import calls
from subinterp_kernel.shared import serialization

if TYPE_CHECKING:
    from subinterp_kernel.bindings._task_pool import TaskPool
    from subinterp_kernel.shared.serialization import Pin

__all__ = ["FunctionTable", "PooledFunction", "serialize_arguments"]

_REMEMBERED = 64  # functions that no task needs now, but probably the next one


class PooledFunction:
    """A function that the pool keeps for its workers, with the number of those that need it."""

    __slots__ = ("content", "id", "prefix", "shares", "uses")

    def __init__(self, id: int, content: bytes, shares: bool) -> None:
        self.id = id
        self.prefix = calls.prefix(id)
        self.content = content
        self.shares = shares  # holds shared objects, which may be big
        self.uses = 0


class FunctionTable:
    """The functions of a pool. Not thread-safe: the pool's lock guards it.

    Parameters
    ----------
    native : TaskPool
        The pool that keeps the serialized functions.
    """

    def __init__(self, native: TaskPool) -> None:
        self._native = native
        self._by_content: OrderedDict[bytes, PooledFunction] = OrderedDict()
        self._by_reference: WeakKeyDictionary[Callable[..., Any], bytes] = WeakKeyDictionary()

    def acquire(self, function: Callable[..., Any]) -> PooledFunction:
        """Return the entry of a function, and count one more use of it.

        A function that is pickled by value is pickled anew each time, because the variables that it uses may have
        changed; if nothing has, its entry is found by its content.

        Raises
        ------
        NotShareableError
            The function cannot be pickled.
        """
        content, pins = self._pickled(function)
        entry = self._by_content.get(content)
        if entry is None:
            entry = PooledFunction(self._native.add_function(content, pins), content, bool(pins))
            self._by_content[content] = entry
            self._forget_unused()
        else:
            self._by_content.move_to_end(content)
        entry.uses += 1
        return entry

    def release(self, entry: PooledFunction) -> None:
        """Count one use less. A function that holds shared objects is forgotten after the last use."""
        entry.uses -= 1
        if entry.shares and not entry.uses and entry.content in self._by_content:
            del self._by_content[entry.content]
            self._native.drop_function(entry.id)

    def clear(self) -> None:
        """Forget all functions, and release the shared objects in them."""
        for entry in self._by_content.values():
            self._native.drop_function(entry.id)
        self._by_content.clear()

    def _pickled(self, function: Callable[..., Any]) -> tuple[bytes, list[Pin]]:
        try:
            content = self._by_reference.get(function)
        except TypeError:  # it cannot be hashed or referred to weakly
            content = None
        if content is not None:
            return content, []
        content, pins = serialization.dumps(function, f"the function {_name_of(function)}")
        if not pins and serialization.is_pickled_by_reference(function):
            self._by_reference[function] = content
        return content, pins

    def _forget_unused(self) -> None:
        surplus = len(self._by_content) - _REMEMBERED
        for content, entry in [*self._by_content.items()][: max(surplus, 0)]:
            if not entry.uses:
                del self._by_content[content]
                self._native.drop_function(entry.id)


def serialize_arguments(
    function: PooledFunction, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None
) -> tuple[bytes, list[Pin]]:
    """Return the payload of a task, and the shared objects in it.

    Raises
    ------
    NotShareableError
        An argument cannot be pickled.
    """
    data, pins = serialization.dumps([args, kwargs] if kwargs else args, "an argument")
    return function.prefix + data, pins


def _name_of(function: object) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
