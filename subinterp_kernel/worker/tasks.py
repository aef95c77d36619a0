"""Runs the tasks of a pool: functions that this interpreter unpickles once, with the arguments of each task."""

from __future__ import annotations

from collections import OrderedDict

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.interpreters.pool.calls import split
from subinterp_kernel.shared import serialization
from subinterp_kernel.worker import call_globals

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["call_initializer", "run", "serialize_exception"]

_REMEMBERED = 16

_functions: OrderedDict[int, Callable[..., Any]] = OrderedDict()


def run(payload: bytes) -> Any:
    """Run one task and return its result."""
    function_id, data = split(payload)
    function = _functions.get(function_id) or _load(function_id)
    call = serialization.loads(data)
    if type(call) is tuple:
        return function(*call)
    args, kwargs = call
    return function(*args, **kwargs)


def call_initializer(payload: bytes) -> Any:
    """Make the first call of a pool; if it fails, this interpreter takes no tasks."""
    try:
        function, args, kwargs = call_globals.loads(payload)
        return function(*args, **kwargs)
    except BaseException:
        _worker_thread.leave_pool()
        raise


def serialize_exception(error: BaseException) -> tuple[bytes, list[serialization.Pin]]:
    """Return the pickled exception; empty if it is no Exception, such as SystemExit, or cannot be pickled."""
    if isinstance(error, Exception):
        try:
            return serialization.dumps(error, "the exception")
        except BaseException:  # noqa: BLE001 - user code's __reduce__ may raise anything; the reply has a description
            pass
    return b"", []


def _load(function_id: int) -> Callable[..., Any]:
    content = _worker_thread.find_function(function_id)
    if content is None:
        raise RuntimeError("the task was withdrawn")
    # Its arguments may be big arrays, which are freed with it.
    for known in [known for known in _functions if _worker_thread.find_function(known) is None]:
        del _functions[known]
    function: Callable[..., Any] = call_globals.loads(content)
    _functions[function_id] = function
    while len(_functions) > _REMEMBERED:
        _functions.popitem(last=False)
    return function
