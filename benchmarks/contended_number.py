"""Two that change one number at once: what an interpreter, or a process, of them does. Each imports this."""

from __future__ import annotations

import time
from typing import Any

from subinterp_kernel import AtomicInt, Barrier

__all__ = ["Span", "add_in_interpreter", "add_in_process", "keep"]

Span = tuple[float, float]  # when the counting began and ended: the clock is the same for all

_kept: tuple[Any, Any]  # the number and the barrier: a process gets them at its start only


def add_in_interpreter(number: AtomicInt, barrier: Barrier, steps: int) -> Span:
    """Wait until the other interpreter is there, then count."""
    barrier.wait()
    begin = time.perf_counter()
    for _ in range(steps):
        number.fetch_add(1)
    return begin, time.perf_counter()


def keep(number: Any, barrier: Any) -> None:
    """Begin a process."""
    global _kept
    _kept = number, barrier


def add_in_process(steps: int) -> Span:
    """Wait until the other process is there, then count."""
    number, barrier = _kept
    lock = number.get_lock()
    barrier.wait()
    begin = time.perf_counter()
    for _ in range(steps):
        with lock:
            number.value += 1
    return begin, time.perf_counter()
