"""Memory and processor time of a process and its descendants."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

__all__ = ["cpu_seconds", "mebibytes"]


def mebibytes() -> float:
    """Return the proportional set size: a page that several processes share counts for each in part."""
    return _sum(_memory) / 2**20


def cpu_seconds() -> float:
    """Return the processor time that all have used so far."""
    return _sum(_cpu_time)


def _sum(measure: Callable[[psutil.Process], float]) -> float:
    this = psutil.Process()
    total = 0.0
    for process in [this, *this.children(recursive=True)]:
        try:
            total += measure(process)
        except (psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
            continue
    return total


def _memory(process: psutil.Process) -> float:
    """Read smaps_rollup; other systems know the memory that belongs to this process alone."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if sys.platform != "linux":
        return float(process.memory_full_info().uss)
    found = re.search(r"^Pss: +(\d+) kB", rollup.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0.0


def _cpu_time(process: psutil.Process) -> float:
    """Read the clock of the process, in nanoseconds; others than Linux's know hundredths of a second only."""
    if sys.platform == "linux":
        return time.clock_gettime(~process.pid << 3 | 2)  # CPUCLOCK_SCHED of <linux/posix-timers.h>
    times = process.cpu_times()
    return float(times.user + times.system)
