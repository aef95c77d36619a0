"""Replies: decoded into a value, or raised as an exception. Importable in every interpreter."""

from __future__ import annotations

import marshal
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, Protocol

from subinterp_kernel.bindings import control
from subinterp_kernel.errors import (
    ClosedError,
    ExceptionSnapshot,
    ExecutionFailed,
    InterpreterError,
    NotShareableError,
)
from subinterp_kernel.messaging import protocol, source_lines
from subinterp_kernel.messaging.cells import CellOutcome
from subinterp_kernel.shared import serialization

__all__ = ["Reply", "WithdrawnError", "decode", "resolve", "result_of", "snapshot"]


class Reply(Protocol):
    """A request, or a task of a pool, that has its reply."""

    def reply(self) -> tuple[int, bytes]:
        """Return the kind and the payload."""

    def release(self) -> None:
        """Release the shared objects that the reply holds."""


class WithdrawnError(InterpreterError):
    """The request was withdrawn before it ran."""


# For an exception that could not be described, because user code has broken builtins that this needs.
_UNKNOWN = ("Exception", "Exception", "builtins", "an exception that could not be described", "")


def decode(request: control.Request, worker: control.Worker) -> Any:
    """Return the result of a finished request, or raise its error.

    Parameters
    ----------
    request : Request
        The request. The shared objects that its reply holds are released here, except for those of a CellOutcome.
    worker : Worker
        The worker that it was posted to.

    Raises
    ------
    ExecutionFailed
        The code raised an exception.
    NotShareableError
        The result cannot cross.
    ClosedError
        The interpreter was closed before it ran the request, or was left behind while it ran.
    WithdrawnError
        The request was withdrawn.
    """
    kind, payload = request.reply()
    if kind == protocol.CELL_DONE:
        return CellOutcome.decode(payload)
    if kind == protocol.CLOSED:
        raise ClosedError(f"interpreter {worker.name!r} was closed before this request ran")
    if kind == protocol.WITHDRAWN:
        raise WithdrawnError(f"this request was withdrawn before interpreter {worker.name!r} ran it")
    if kind == protocol.LEFT_BEHIND:
        raise ClosedError(f"interpreter {worker.name!r} was closed while this ran, and could not be ended")
    return _result(request, kind, payload)


def result_of(reply: Reply) -> Any:
    """Return the result in a reply of the kind RETURNED, and release its shared objects; raise what others say.

    Raises
    ------
    ExecutionFailed
        The code raised an exception.
    NotShareableError
        The result cannot cross.
    """
    return _result(reply, *reply.reply())


def _result(reply: Reply, kind: int, payload: bytes) -> Any:
    if kind == protocol.RETURNED:
        try:
            return serialization.loads(payload) if payload else None
        finally:
            reply.release()
    if kind == protocol.UNSHAREABLE:
        raise NotShareableError(payload.decode())
    raise ExecutionFailed(snapshot(payload))


def resolve(future: Future[Any], request: control.Request, worker: control.Worker) -> None:
    """Set the result, or the exception, of a future from a finished request."""
    try:
        result = decode(request, worker)
    except BaseException as error:  # noqa: BLE001 - unpickling runs user code, which may raise anything
        future.set_exception(error)
    else:
        future.set_result(result)


def snapshot(payload: bytes) -> ExceptionSnapshot:
    """Return the description of an exception in the reply RAISED."""
    name, qualname, module, message, display = marshal.loads(payload, allow_code=False) if payload else _UNKNOWN
    type_names = SimpleNamespace(__name__=name, __qualname__=qualname, __module__=module)
    formatted = f"{name}: {message}" if message else name
    return ExceptionSnapshot(type_names, message, formatted, source_lines.completed(display))
