"""Dask's tasks with functions that are called in interpreters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol

from dask import _task_spec
from dask._task_spec import NestedContainer, Task
from dask.utils import funcname

__all__ = ["in_interpreters"]


class Caller(Protocol):
    """What calls a function of a task in an interpreter."""

    def call(self, key: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function and return its result."""


class _InterpreterCall:
    """Takes the place of the function of a task."""

    def __init__(self, caller: Caller, key: Any, function: Callable[..., Any]) -> None:
        self.__name__ = funcname(function)  # for Dask's logs
        self._caller = caller
        self._key = key
        self._function = function

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._caller.call(self._key, self._function, args, kwargs)


def in_interpreters(node: Any, caller: Caller) -> Any:
    """Return a task like another one, with functions that `caller` calls.

    The arguments are still found and put together in this interpreter, by Dask. Tasks that Dask has fused to one are
    one call, for which the interpreter imports Dask's classes of tasks.
    """
    return _redirected(node, node.key, caller)


def _redirected(node: Any, key: Any, caller: Caller) -> Any:
    if not isinstance(node, Task) or node.is_coro or isinstance(node.func, _InterpreterCall):
        return node
    made = copy.copy(node)
    made.args = tuple(_redirected(arg, key, caller) for arg in node.args)
    made.kwargs = {name: _redirected(arg, key, caller) for name, arg in node.kwargs.items()}
    if not _is_dasks_own(node):
        made.func = _InterpreterCall(caller, key, node.func)
    return made


def _is_dasks_own(task: Any) -> bool:
    """Return whether the function only puts arguments together."""
    if task.has_subgraph():
        return False
    return isinstance(task, NestedContainer) or getattr(task.func, "__module__", None) == _task_spec.__name__
