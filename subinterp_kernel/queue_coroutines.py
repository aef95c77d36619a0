"""How coroutines put and get: they try, and when they would block, a thread waits for them and wakes their loop."""

from __future__ import annotations

import _thread
import asyncio
import atexit
import contextlib
import threading
import weakref
from queue import Empty
from typing import Any

from subinterp_kernel.compiled import queue_watch as _queue_watch
from subinterp_kernel.compiled import queues as _queues

__all__ = ["get", "put"]

_watches: weakref.WeakSet[_queue_watch.Watch] = weakref.WeakSet()


async def get(queue: _queues.Queue) -> Any:
    """Remove and return the oldest item; wait while there is none."""
    while True:
        try:
            return queue.get_nowait()
        except Empty:
            pass
        await _until_it_may_go_on(_queue_watch.Watch(queue.id))


async def put(queue: _queues.Queue, parcel: _queues.Parcel) -> None:
    """Put an item that was packed for this queue; wait while there is no room."""
    while not parcel.offer():
        await _until_it_may_go_on(_queue_watch.Watch(queue.id, parcel.weight))


async def _until_it_may_go_on(watch: _queue_watch.Watch) -> None:
    loop = asyncio.get_running_loop()
    may_go_on = loop.create_future()
    _watches.add(watch)
    try:
        _start_thread(watch, loop, may_go_on)
        await may_go_on
    except BaseException:
        # Cancelled, or the loop is gone. It ends the thread; if that has been notified, it also notifies the others.
        watch.cancel()
        raise


def _start_thread(watch: _queue_watch.Watch, loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> None:
    # Sub-interpreters refuse daemon threads.
    daemon = _thread.daemon_threads_allowed()
    threading.Thread(target=_wake, args=(watch, loop, woken), name="queue watch", daemon=daemon).start()


def _wake(watch: _queue_watch.Watch, loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> None:
    if watch.wait():
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(_resolve, woken)


def _resolve(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


@atexit.register
def _cancel_all() -> None:
    """Let no thread outlast the interpreter because a coroutine was left waiting."""
    for watch in list(_watches):
        watch.cancel()
