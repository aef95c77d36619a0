"""Memory of pools: of the whole pool, and of one more worker, without NumPy and with it."""

from __future__ import annotations

from typing import Any

from side_by_side import median

from comparison.bounded_process import ChildFailedError, call
from comparison.contenders import NAMES, WORKERS, open_pool
from comparison.process_tree import mebibytes
from comparison.tables import Table
from comparison.tasks import occupy, occupy_with_numpy

__all__ = ["measure", "memory_of_pool"]

ROUNDS = (1, 3)  # quick, and usually
MORE = 6  # workers of the larger pool
PATIENCE = 120.0  # seconds

WHOLE, FURTHER, WITH_NUMPY = f"pool of {WORKERS}", "one more worker", "one more worker with NumPy"

NOTE = f"""Proportional set size of the process and its children. The first column is what a pool of {WORKERS} and what
it imports add to a Python process; the others compare a pool of {MORE} with one of {WORKERS}. Each in a
process of its own. Median."""


def measure(quick: bool) -> list[dict[str, Any]]:
    table = Table("pool_memory", "Memory of a pool", "MiB", [WHOLE, FURTHER, WITH_NUMPY], note=" ".join(NOTE.split()))
    for name in NAMES:
        for numpy in (False, True):
            try:
                pairs = [sizes(name, numpy) for _ in range(ROUNDS[not quick])]
            except ChildFailedError as error:
                table.failures[f"{name}, {'with' if numpy else 'without'} NumPy"] = str(error)
                continue
            each = [(large - small) / (MORE - WORKERS) for small, large in pairs]
            table.put(name, WITH_NUMPY if numpy else FURTHER, median(each), each)
            if not numpy:
                whole = [small for small, _ in pairs]
                table.put(name, WHOLE, median(whole), whole)
    return [table.as_json()]


def sizes(name: str, numpy: bool) -> tuple[float, float]:
    """Return the memory of a small pool and of a larger one."""
    probe = f"{__name__}:memory_of_pool"
    return tuple(call(probe, [name, workers, numpy], PATIENCE) for workers in (WORKERS, MORE))


def memory_of_pool(name: str, workers: int, numpy: bool) -> float:
    """Return by how much a pool increases the memory of this process and its children."""
    before = mebibytes()
    with open_pool(name, workers) as pool:
        used = set(map(tuple, pool.map(occupy_with_numpy if numpy else occupy, range(workers))))
        after = mebibytes()
    if len(used) != workers:
        raise ValueError(f"{len(used)} of {workers} workers had a task")
    return after - before
