"""Processor time of interpreters and pools that have nothing to do."""

from __future__ import annotations

import time
from typing import Any

from comparison.bounded_process import call
from comparison.contenders import NAMES, WORKERS, open_pool
from comparison.interpreter_count import KINDS, creating
from comparison.process_tree import cpu_seconds_during
from comparison.tables import Table
from comparison.tasks import occupy

__all__ = ["measure", "time_of_interpreters", "time_of_pool"]

INTERPRETERS = (8, 64)  # quick, and usually
IDLE = (1.0, 10.0)  # seconds
SETTLE = 2.0  # seconds
PATIENCE = 180.0  # seconds


def measure(quick: bool) -> list[dict[str, Any]]:
    count, seconds = INTERPRETERS[not quick], IDLE[not quick]
    alone, pools = f"{count} interpreters", f"pool of {WORKERS}"
    table = Table(
        "idle_cpu",
        "Processor time while idle",
        "ms/s",
        [alone, pools],
        note=f"Of the process and its children, over {seconds:g} s; 1000 ms/s is one processor.",
    )
    for name in KINDS:
        used = call(f"{__name__}:time_of_interpreters", [name, count, seconds], PATIENCE)
        table.put(name, alone, used / seconds * 1e3, [used])
    for name in NAMES:
        used = call(f"{__name__}:time_of_pool", [name, seconds], PATIENCE)
        table.put(name, pools, used / seconds * 1e3, [used])
    return [table.as_json()]


def time_of_interpreters(kind: str, count: int, seconds: float) -> float:
    """Return the processor time of so many interpreters, or processes, that have run something before."""
    with creating(kind) as create:
        for _ in range(count):
            create()
        time.sleep(SETTLE)
        return cpu_seconds_during(seconds)


def time_of_pool(name: str, seconds: float) -> float:
    """Return the processor time of a pool whose workers are up."""
    with open_pool(name) as pool:
        pool.map(occupy, range(WORKERS))
        time.sleep(SETTLE)
        return cpu_seconds_during(seconds)
