"""Batches of tasks that are long enough to be timed, whatever the contender."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["seconds_per_task"]

_LONG_ENOUGH = 0.05  # seconds
_MOST = 20_000  # tasks


def seconds_per_task(run: Callable[[int], object]) -> Callable[[], float]:
    """Return a contender that runs so many tasks that time can be measured, and returns the mean seconds of one."""
    count = 10
    while _timed(run, count) < _LONG_ENOUGH and count < _MOST:
        count *= 2

    def contender() -> float:
        return _timed(run, count) / count

    return contender


def _timed(run: Callable[[int], object], count: int) -> float:
    begin = time.perf_counter()
    run(count)
    return time.perf_counter() - begin
