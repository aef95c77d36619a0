"""Waiting for a condition instead of for a time: as long as a busy machine needs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import subinterp_kernel as sk

__all__ = ["shortest", "until", "until_it_waits"]


def until(condition: Callable[[], object], timeout: float = 60) -> None:
    """Wait until the condition holds; fail after the timeout."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def until_it_waits(interpreter: sk.Interpreter, seconds: float = 0.1) -> None:
    """Wait until the interpreter runs its request, and for as long as that needs to begin to wait for something."""
    until(interpreter.is_running)
    time.sleep(seconds)


def shortest(call: Callable[[], object], enough: float, patience: float = 60) -> float:
    """Call again and again; return the least seconds that a call took, as soon as that is less than `enough`."""
    least, end = math.inf, time.monotonic() + patience
    while least >= enough and time.monotonic() < end:
        begin = time.monotonic()
        call()
        least = min(least, time.monotonic() - begin)
    return least
