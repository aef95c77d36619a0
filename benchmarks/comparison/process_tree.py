"""Memory and processor time of a process and its descendants."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from pathlib import Path

import psutil

__all__ = ["cpu_seconds_during", "mebibytes"]


def mebibytes() -> float:
    """Return the proportional set size: a page that several processes share counts for each in part."""
    this = psutil.Process()
    total = 0.0
    for process in [this, *this.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):  # it has just ended
            total += _memory(process)
    return total / 2**20


def cpu_seconds_during(pause: float) -> float:
    """Sleep, and return the processor time that all have used meanwhile, without that of this measurement."""
    this = psutil.Process()
    children = this.children(recursive=True)
    before = sum([_cpu_time(process) for process in [*children, this]])
    time.sleep(pause)
    return sum([_cpu_time(process) for process in [this, *children]]) - before


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
