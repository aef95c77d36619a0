"""Measures contenders in turn, so that all of them see the same noise, and prints each figure with its limit."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import psutil

__all__ = [
    "STDLIB_MISSING",
    "Figure",
    "Samples",
    "best",
    "interleave",
    "median",
    "run",
    "seconds_per_call",
    "wait_for_calm",
]

Samples = dict[str, list[float]]

STDLIB_MISSING = "concurrent.interpreters came with Python 3.14"

_PATIENCE = 90.0  # seconds to wait for other programs to leave the processors alone
_CALM = 0.1  # how much of one processor they may use meanwhile

best = min
median = statistics.median


@dataclass(frozen=True)
class Figure:
    """One measured line: a value, the limit that it must keep (none for information), and a remark."""

    what: str
    value: float | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        """Tell whether the value breaks its limit."""
        if self.value is None:
            return False
        return (self.at_most is not None and self.value > self.at_most) or (
            self.at_least is not None and self.value < self.at_least
        )

    def __str__(self) -> str:
        value = "skipped" if self.value is None else f"{self.value:.3g} {self.unit}"
        return f"{self.what:<60} {value:>10} {self._limit():>12}  {self._verdict():<6}  {self.note}".rstrip()

    def _limit(self) -> str:
        if self.value is None or (self.at_most is None and self.at_least is None):
            return ""
        return f"<= {self.at_most:g} {self.unit}" if self.at_most is not None else f">= {self.at_least:g} {self.unit}"

    def _verdict(self) -> str:
        return "" if not self._limit() else "MISSED" if self.missed else "ok"


def interleave(contenders: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Call each contender once a round, in an order that rotates, and return the seconds that each returned."""
    samples: Samples = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            seconds = contenders[name]()
            if number:  # the first round warms everybody up
                samples[name].append(seconds)
    return samples


def seconds_per_call(call: Callable[[], object], calls: int) -> Callable[[], float]:
    """Return a contender that makes so many calls in a row and returns the mean seconds of one."""
    return partial(_mean_seconds, call, range(calls))


def _mean_seconds(call: Callable[[], object], numbers: range) -> float:
    begin = time.perf_counter()
    for _ in numbers:
        call()
    return (time.perf_counter() - begin) / len(numbers)


def wait_for_calm() -> float:
    """Wait until others hardly use this machine, or say that it is busy; return how many processors they use."""
    end = time.monotonic() + _PATIENCE
    while (busy := psutil.cpu_percent(1.0) / 100 * (os.cpu_count() or 1)) > _CALM:
        if time.monotonic() > end:
            print(f"(other programs use {busy:.1f} processors: figures may suffer)", file=sys.stderr)
            break
    return busy


def run(measure: Callable[[], Iterable[Figure]]) -> None:
    """Print each figure as it comes; exit with status 1 if one of them misses its limit."""
    missed = False
    wait_for_calm()
    for figure in measure():
        print(figure, flush=True)
        missed |= figure.missed
    sys.exit(missed)
