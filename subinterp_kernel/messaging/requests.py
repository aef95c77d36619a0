"""Sends a request and waits for its reply. Importable in every interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from subinterp_kernel.bindings import control
from subinterp_kernel.messaging import replies

if TYPE_CHECKING:
    from subinterp_kernel.shared.serialization import Pin

__all__ = ["send"]


def send(worker: control.Worker, kind: int, payload: bytes = b"", pins: Iterable[Pin] = ()) -> Any:
    """Send one request, wait for its reply and return the result.

    Parameters
    ----------
    worker : Worker
        Where to send it.
    kind, payload : int, bytes
        See :mod:`subinterp_kernel.messaging.protocol`.
    pins : iterable of shared objects
        Kept alive by the request.

    Raises
    ------
    InterpreterError
        One of the errors of :func:`subinterp_kernel.messaging.replies.decode`.
    KeyboardInterrupt
        Ctrl-C in the main thread, or an interrupt of the calling interpreter.
    """
    request = worker.request(kind, payload, pins)
    try:
        request.post()
        request.wait()
        request.wait_shown()
    except KeyboardInterrupt:
        # The code there ends first, so that it does not go on unseen; a second Ctrl-C stops the waiting. A request that
        # is still queued is withdrawn instead: the interrupt would hit another one.
        if request.posted:
            request.stop()
            request.wait()
            request.wait_shown()
        raise
    return replies.decode(request, worker)
