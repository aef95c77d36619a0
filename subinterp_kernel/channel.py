"""What comes out of interpreters: one thread in the main interpreter reads all their events and hands them on."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable

from subinterp_kernel import protocol
from subinterp_kernel.compiled import lifecycle
from subinterp_kernel.errors import ClosedError

__all__ = ["Sink", "attach", "detach", "expect_begin", "expect_reply", "forget", "start", "stop", "write_through"]

Sink = Callable[[int, bytes], None]
"""Takes one event, its kind (see :mod:`subinterp_kernel.protocol`) and its payload, on the reader's thread."""

_log = logging.getLogger("subinterp_kernel")

_thread: threading.Thread | None = None
_start_lock = threading.Lock()
_sinks: dict[int, Sink] = {}  # by request id
_latest: dict[int, Sink] = {}  # by worker handle: where output goes that belongs to no request there is
_past: dict[int, OrderedDict[int, Sink]] = {}  # by worker handle and request id: for tasks that outlive their cell
_REMEMBERED = 64  # past requests of a worker, those whose output came last
_begun: dict[int, Callable[[], None]] = {}
_expected: dict[int, Callable[[], None]] = {}


def attach(request_id: int, handle: int, sink: Sink) -> None:
    """Send the events of a request, and later ones of its interpreter that belong to no other, to `sink`."""
    _sinks[request_id] = _latest[handle] = sink


def detach(request_id: int, handle: int) -> None:
    """Note that a request has ended, or was never sent.

    Its sink shows what its asyncio tasks still say, while it is not too long ago.
    """
    _begun.pop(request_id, None)
    _expected.pop(request_id, None)
    sink = _sinks.pop(request_id, None)
    if sink is not None and handle in _latest:
        past = _past.setdefault(handle, OrderedDict())
        past[request_id] = sink
        while len(past) > _REMEMBERED:
            past.popitem(last=False)


def forget(handle: int) -> None:
    """Forget where the late output of an interpreter went that is closed now."""
    _latest.pop(handle, None)
    _past.pop(handle, None)


def expect_begin(request_id: int, then: Callable[[], None]) -> None:
    """Call `then` on the reader's thread when the worker has come to that request."""
    _begun[request_id] = then


def expect_reply(request_id: int, then: Callable[[], None]) -> None:
    """Call `then` on the reader's thread when that request has its reply and all its events have been handed on."""
    _expected[request_id] = then


def write_through(kind: int, payload: bytes) -> None:
    """Write text events to this interpreter's ``sys.stdout`` and ``sys.stderr``; the sink of last resort."""
    stream = sys.stderr if kind == protocol.STDERR else sys.stdout
    if kind in (protocol.STDOUT, protocol.STDERR) and stream is not None:
        stream.write(payload.decode("utf-8", "replace"))
        stream.flush()


def start() -> None:
    """Start the reader's thread unless it runs already. Main interpreter only; thread-safe."""
    global _thread
    with _start_lock:
        if _thread is None:
            lifecycle.resume_reading()
            _thread = threading.Thread(target=_read, name="subinterp event reader", daemon=True)
            _thread.start()


def stop(timeout: float = 1.0) -> None:
    """Hand on what has arrived and end the reader's thread. Later events are dropped."""
    global _thread
    with _start_lock:
        lifecycle.stop_reading()
        if _thread is not None:
            _thread.join(timeout)
            _thread = None


def _read() -> None:
    while True:
        try:
            worker, events, last = lifecycle.read_events()
        except ClosedError:
            return
        try:
            for request_id, kind, payload in events:
                _hand_on(worker.handle, request_id, kind, payload)
        finally:
            lifecycle.events_shown(worker, last)


def _hand_on(handle: int, request_id: int, kind: int, payload: bytes) -> None:
    # A sink is a frontend's code: whatever it raises must not end the reader.
    try:
        if kind == protocol.FINISHED:
            _expected.pop(request_id, _nothing)()
        elif kind == protocol.BEGUN:
            _begun.pop(request_id, _nothing)()
        else:
            sink = _sinks.get(request_id) or _past_sink(handle, request_id) or _latest.get(handle) or write_through
            sink(kind, payload)
    except Exception:  # noqa: BLE001 - logged, whatever it is
        _log.exception("could not hand on an event of kind %d", kind)


def _nothing() -> None:
    """Where nobody wants to know."""


def _past_sink(handle: int, request_id: int) -> Sink | None:
    past = _past.get(handle)
    sink = None if past is None else past.get(request_id)
    if past is not None and sink is not None:
        with contextlib.suppress(KeyError):  # another thread may have dropped it just now
            past.move_to_end(request_id)
    return sink


def _forget_after_fork() -> None:
    global _thread, _start_lock
    _thread = None
    _start_lock = threading.Lock()
    _sinks.clear()
    _latest.clear()
    _begun.clear()
    _past.clear()
    _expected.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
