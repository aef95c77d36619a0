"""Threads for the callbacks of futures: one for each interpreter that has any, so that one does not delay another."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["forget_all", "forget_worker", "run_soon"]

_IDLE = 5.0  # seconds after which a thread without work ends

_log = logging.getLogger("subinterp_kernel")


class _CallbackThread:
    """Runs the callbacks of one interpreter in their order, on a daemon thread that ends when it is idle."""

    def __init__(self) -> None:
        self._queue: deque[Callable[[], None]] = deque()
        self._condition = threading.Condition()
        self._running = False

    def put(self, callback: Callable[[], None]) -> None:
        with self._condition:
            self._queue.append(callback)
            if self._running:
                self._condition.notify()
                return
            self._running = True
        threading.Thread(target=self._run, name="subinterp callbacks", daemon=True).start()

    def _run(self) -> None:
        while self._run_next():
            pass

    def _run_next(self) -> bool:
        """Wait for a callback and run it; False when the thread is to end."""
        # A function of its own, so that no variable keeps the last callback, and thereby a result, alive.
        with self._condition:
            if not self._queue and not self._condition.wait_for(lambda: self._queue, _IDLE):
                self._running = False
                return False
            callback = self._queue.popleft()
        try:
            callback()
        except BaseException:  # noqa: BLE001 - user code; the next callback must still run
            _log.exception("a callback failed")
        return True


_threads: dict[int, _CallbackThread] = {}


def run_soon(handle: int, callback: Callable[[], None]) -> None:
    """Run a callback on the thread of that worker's callbacks, after those that were given before.

    Parameters
    ----------
    handle : int
        The worker's.
    callback : callable
        Called without arguments. An exception that it raises is logged.

    Notes
    -----
    Thread-safe, and never waits. As with a ``ThreadPoolExecutor`` of one worker, a callback that does not return delays
    the later callbacks of the same interpreter; output and other interpreters go on.
    """
    _threads.setdefault(handle, _CallbackThread()).put(callback)


def forget_worker(handle: int) -> None:
    """Drop the thread of an interpreter that is closed now; callbacks that it was given still run."""
    _threads.pop(handle, None)


def forget_all() -> None:
    """Drop all threads; for a forked child, which has none of them."""
    _threads.clear()
