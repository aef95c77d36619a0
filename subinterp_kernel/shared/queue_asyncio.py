"""``Queue.aget`` and ``Queue.aput``: if a call would block, a thread waits and then wakes the asyncio loop."""

from __future__ import annotations

import _thread
import asyncio
import atexit
import contextlib
import threading
import weakref
from queue import Empty
from typing import Any

from subinterp_kernel.bindings import queue_watch as _queue_watch
from subinterp_kernel.bindings import queues as _queues

__all__ = ["get", "put"]

_watches: weakref.WeakSet[_queue_watch.Watch] = weakref.WeakSet()


async def get(queue: _queues.Queue) -> Any:
    """Remove and return the oldest item; wait while the queue is empty."""
    while True:
        try:
            return queue.get_nowait()
        except Empty:
            pass
        await _wait_for_change(_queue_watch.Watch(queue.id))


async def put(queue: _queues.Queue, parcel: _queues.Parcel) -> None:
    """Put an item that was serialized for this queue; wait while the queue is full."""
    while not parcel.offer():
        await _wait_for_change(_queue_watch.Watch(queue.id, parcel.weight))


async def _wait_for_change(watch: _queue_watch.Watch) -> None:
    loop = asyncio.get_running_loop()
    woken = loop.create_future()
    _watches.add(watch)
    try:
        _start_thread(watch, loop, woken)
        await woken
    except BaseException:
        # Cancelled, or the loop was closed. This ends the thread; a notification it got goes to another waiter.
        watch.cancel()
        raise


def _start_thread(watch: _queue_watch.Watch, loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> None:
    # Sub-interpreters refuse daemon threads.
    daemon = _thread.daemon_threads_allowed()
    threading.Thread(target=_wake, args=(watch, loop, woken), name="queue watch", daemon=daemon).start()


def _wake(watch: _queue_watch.Watch, loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> None:
    if watch.wait():
        with contextlib.suppress(RuntimeError):  # the loop was closed in the meantime
            loop.call_soon_threadsafe(_resolve, woken)


def _resolve(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


@atexit.register
def _cancel_all() -> None:
    """End the threads of coroutines that still wait, so that the interpreter can end."""
    for watch in list(_watches):
        watch.cancel()
