"""Timers: one thread that runs all of them."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

__all__ = ["Scheduler", "Timer"]

_IDLE = 5.0  # seconds after which the thread ends if there are no timers

_log = logging.getLogger("subinterp_kernel")


class Timer:
    """One call in the future.

    Parameters
    ----------
    due : float
        When, on the clock of ``time.monotonic()``.
    function : callable
        Called without arguments on the scheduler's thread; it must return soon.
    """

    __slots__ = ("_function", "due")

    def __init__(self, due: float, function: Callable[[], object]) -> None:
        self.due = due
        self._function: Callable[[], object] | None = function

    def cancel(self) -> None:
        """Do not call the function, unless that has begun. Thread-safe."""
        self._function = None

    def run(self) -> None:
        """Call the function, unless the timer was cancelled; what it raises is logged."""
        function, self._function = self._function, None
        if function is None:
            return
        try:
            function()
        except Exception:  # noqa: BLE001 - the next timer must still run
            _log.exception("a timer failed")


class Scheduler:
    """Runs timers on one daemon thread, which starts at the first timer and ends when it is idle. Thread-safe."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._running = False

    def call_later(self, delay: float, function: Callable[[], object]) -> Timer:
        """Call a function after that many seconds.

        Returns
        -------
        Timer
            With :meth:`Timer.cancel`.
        """
        timer = Timer(time.monotonic() + delay, function)
        with self._condition:
            heapq.heappush(self._timers, (timer.due, next(self._order), timer))
            self._condition.notify()
            if self._running:
                return timer
            self._running = True
        threading.Thread(target=self._run, name="subinterp timers", daemon=True).start()
        return timer

    def _run(self) -> None:
        while (timer := self._next()) is not None:
            timer.run()

    def _next(self) -> Timer | None:
        """Wait for the next timer that is due; None when there is none for a while."""
        with self._condition:
            while True:
                if not self._timers and not self._condition.wait_for(lambda: self._timers, _IDLE):
                    self._running = False
                    return None
                left = self._timers[0][0] - time.monotonic()
                if left <= 0:
                    return heapq.heappop(self._timers)[2]
                self._condition.wait(left)
