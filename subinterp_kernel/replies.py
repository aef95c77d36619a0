"""What a reply means: a value, or an exception. Importable in every interpreter."""

from __future__ import annotations

import marshal
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

from subinterp_kernel import protocol, transfer
from subinterp_kernel.compiled import lifecycle
from subinterp_kernel.errors import (
    ClosedError,
    ExceptionSnapshot,
    ExecutionFailed,
    InterpreterError,
    NotShareableError,
)

__all__ = ["WithdrawnError", "decode", "settle"]


class WithdrawnError(InterpreterError):
    """A request was taken back before anybody came to it."""


# For when user code has broken even what describes failures.
_INDESCRIBABLE = ("Exception", "Exception", "builtins", "an exception that could not be described", "")


def decode(request: lifecycle.Request, worker: lifecycle.Worker) -> Any:
    """Return what a finished request has returned, or raise what became of it.

    Raises
    ------
    ExecutionFailed
        The code there raised.
    NotShareableError
        It returned something that cannot cross.
    ClosedError
        The interpreter was closed before it came to the request, or left behind while it ran.
    WithdrawnError
        The request was taken back.
    """
    kind, payload = request.reply()
    if kind == protocol.RETURNED:
        try:
            return transfer.loads(payload) if payload else None
        finally:
            request.release()
    if kind == protocol.CELL_DONE:
        return protocol.CellOutcome(*marshal.loads(payload))
    if kind == protocol.UNSHAREABLE:
        raise NotShareableError(payload.decode())
    if kind == protocol.CLOSED:
        raise ClosedError(f"interpreter {worker.name!r} was closed before it came to this")
    if kind == protocol.WITHDRAWN:
        raise WithdrawnError(f"this was taken back before interpreter {worker.name!r} came to it")
    if kind == protocol.LEFT_BEHIND:
        raise ClosedError(f"interpreter {worker.name!r} was closed while this ran, and could not be ended")
    raise ExecutionFailed(_snapshot(payload))


def settle(future: Future[Any], request: lifecycle.Request, worker: lifecycle.Worker) -> None:
    """Give a finished request's outcome to a future."""
    try:
        result = decode(request, worker)
    except Exception as error:  # noqa: BLE001 - the future carries it, whatever it is
        future.set_exception(error)
    else:
        future.set_result(result)


def _snapshot(payload: bytes) -> ExceptionSnapshot:
    name, qualname, module, message, display = marshal.loads(payload) if payload else _INDESCRIBABLE
    type_names = SimpleNamespace(__name__=name, __qualname__=qualname, __module__=module)
    return ExceptionSnapshot(type_names, message, f"{name}: {message}" if message else name, display)
