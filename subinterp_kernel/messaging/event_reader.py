"""The event reader: one thread of the main interpreter that reads the events of all others and shows them.

It runs no user code, apart from the ``write`` methods of replaced streams: callbacks of futures run on
:mod:`callback threads <subinterp_kernel.messaging.callback_threads>`, and results are unpickled where they are used.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from subinterp_kernel import bindings
from subinterp_kernel.bindings import control
from subinterp_kernel.errors import ClosedError
from subinterp_kernel.messaging import callback_threads, protocol
from subinterp_kernel.messaging.subscriptions import Callback, Sink, Subscription, Subscriptions

__all__ = [
    "Sink", "forget_worker", "start", "stop", "subscribe", "subscribe_output", "unsubscribe", "write_through",
]  # fmt: skip

_log = logging.getLogger("subinterp_kernel")

_thread: threading.Thread | None = None
_start_lock = threading.Lock()
_subscriptions = Subscriptions()


def subscribe(
    request: control.Request,
    worker: control.Worker,
    sink: Sink | None = None,
    *,
    on_start: Callback | None = None,
    on_reply: Callback | None = None,
) -> None:
    """Show the events of a request with `sink`, and call back when it starts and ends.

    Parameters
    ----------
    request : Request
        A request that was not posted yet. Callbacks need one that was made with ``announce=True``.
    worker : Worker
        The worker that it will be posted to.
    sink : callable, optional
        Takes each event on the reader's thread. Later output of the interpreter that belongs to no request goes there
        too. Without a sink, text goes to ``sys.stdout`` and ``sys.stderr``.
    on_start : callable, optional
        Called without arguments on the reader's thread, when the request starts: it must return soon.
    on_reply : callable, optional
        Called without arguments on a callback thread, when the reply and all events have arrived.
    """
    if not _subscriptions.has_worker(worker.handle):
        # Whoever closes an interpreter forgets it, but may be interrupted before.
        _subscriptions.forget_other_workers({each.handle for each in control.live()})
    _subscriptions.add(Subscription(request.id, worker.handle, sink, on_start, on_reply))


def subscribe_output(sink: Sink) -> int:
    """Show the output of several requests with one sink; return the id under which they are to send it."""
    output_id = bindings.task_pool.new_output_id()
    _subscriptions.add_output(output_id, sink)
    return output_id


def unsubscribe(request: control.Request) -> None:
    """End a subscription, after the request has ended or instead of sending it.

    The sink still shows what asyncio tasks of the cell print later.
    """
    if request.posted:
        _subscriptions.end(request.id)
    else:
        _subscriptions.cancel(request.id)
        request.discard()


def forget_worker(handle: int) -> None:
    """Forget the late output of an interpreter that is closed now."""
    _subscriptions.forget_worker(handle)
    callback_threads.forget_worker(handle)


def write_through(kind: int, payload: bytes) -> None:
    """Write text events to this interpreter's ``sys.stdout`` and ``sys.stderr``; the sink where there is no other."""
    stream = sys.stderr if kind == protocol.STDERR else sys.stdout
    if kind in (protocol.STDOUT, protocol.STDERR) and stream is not None:
        stream.write(payload.decode("utf-8", "replace"))
        stream.flush()


def start() -> None:
    """Start the reader's thread unless it runs already. Main interpreter only; thread-safe."""
    global _thread
    with _start_lock:
        if _thread is None:
            bindings.main_interpreter.resume_reading()
            _thread = threading.Thread(target=_read, name="subinterp event reader", daemon=True)
            _thread.start()


def stop(timeout: float = 1.0) -> None:
    """Show what has arrived and end the reader's thread. Later events are dropped."""
    global _thread
    with _start_lock:
        bindings.main_interpreter.stop_reading()
        if _thread is not None:
            _thread.join(timeout)
            _thread = None


def _read() -> None:
    while True:
        try:
            batch = bindings.main_interpreter.read_events()
        except ClosedError:
            return
        try:
            for request_id, kind, payload in batch:
                _dispatch(batch.handle, request_id, kind, payload)
        finally:
            batch.mark_shown()


def _dispatch(handle: int, request_id: int, kind: int, payload: bytes) -> None:
    # A sink calls the frontend's code, and streams that the user may have replaced: nothing they raise, SystemExit
    # included, may end the reader.
    try:
        if kind == protocol.FINISHED:
            _on_finished(request_id)
        elif kind == protocol.STARTED:
            _on_started(request_id)
        else:
            (_subscriptions.sink_of(handle, request_id) or write_through)(kind, payload)
    except BaseException:  # noqa: BLE001 - see above
        _log.exception("could not show an event of kind %d", kind)


def _on_started(request_id: int) -> None:
    subscription = _subscriptions.find(request_id)
    if subscription is not None and subscription.on_start is not None:
        subscription.on_start()


def _on_finished(request_id: int) -> None:
    subscription = _subscriptions.find(request_id)
    if subscription is None or subscription.on_reply is None:
        return
    if subscription.sink is None:
        _subscriptions.end(request_id)
    callback_threads.run_soon(subscription.handle, subscription.on_reply)


def _forget_after_fork() -> None:
    global _thread, _start_lock, _subscriptions
    _thread = None
    _start_lock = threading.Lock()
    _subscriptions = Subscriptions()
    callback_threads.forget_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
