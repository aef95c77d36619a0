"""What the reply to a task of a pool means: a result, the exception that the task raised, or the end of its worker."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any

from subinterp_kernel.errors import ExecutionFailed
from subinterp_kernel.interpreters.pool.errors import BrokenInterpreterPool
from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.replies import result_of, snapshot
from subinterp_kernel.shared import serialization

if TYPE_CHECKING:
    from subinterp_kernel.bindings._task_pool import Task

__all__ = ["decode", "is_of_lost_worker"]


def is_of_lost_worker(task: Task) -> bool:
    """Return whether the interpreter ended while it ran the task."""
    return task.reply_kind in (protocol.CLOSED, protocol.LEFT_BEHIND)


def decode(task: Task) -> Any:
    """Return the result of a task that has a reply, or raise the exception that the task raised.

    Raises
    ------
    Exception
        The exception itself, with an ExecutionFailed that has the traceback as its cause.
    ExecutionFailed
        The exception cannot be pickled, or it is no Exception, as KeyboardInterrupt and SystemExit.
    NotShareableError
        The result cannot be pickled.
    BrokenInterpreterPool
        The interpreter was closed while it ran the task.
    """
    if is_of_lost_worker(task):
        raise BrokenInterpreterPool("an interpreter of the pool was closed while it ran this task: make another pool")
    if task.reply_kind == protocol.TASK_RAISED:
        raise _exception(task)
    return result_of(task)


def _exception(task: Task) -> BaseException:
    described, pickled = marshal.loads(task.reply()[1], allow_code=False)
    failed = ExecutionFailed(snapshot(described))
    try:
        error = serialization.loads(pickled) if pickled else None
    except Exception:  # noqa: BLE001 - unpickling runs the class's own code
        error = None
    finally:
        task.release()
    if not isinstance(error, BaseException):
        return failed
    error.__cause__ = failed
    return error
