"""Speed-up of pure Python that only computes: some long tasks, and many short ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from programs import sequentially
from side_by_side import best, interleave

from comparison.contenders import SEQUENTIAL, WORKERS, failures, open_pools
from comparison.tables import Table
from comparison.tasks import compute

__all__ = ["measure"]

ROUNDS = (2, 20)  # quick, and usually
WORK = {"2 long tasks": (2, 4_000_000), "64 short tasks": (64, 120_000)}  # tasks, and the size of each


def measure(quick: bool) -> list[dict[str, Any]]:
    table = Table(
        "speed_up",
        f"Speed-up of computing in Python, {WORKERS} workers",
        "x",
        list(WORK),
        note="Sums of squares: the time without a pool by the time in the pool. Best of all rounds.",
        higher_is_better=True,
    )
    with open_pools() as pools:
        failures(pools, compute, 1)
        maps = {SEQUENTIAL: sequentially, **{name: pool.map for name, pool in pools.items()}}
        for column, (count, size) in WORK.items():
            contenders = {name: partial(timed, run, [size] * count) for name, run in maps.items()}
            samples = interleave(contenders, ROUNDS[not quick])
            for name, seconds in samples.items():
                table.put(name, column, best(samples[SEQUENTIAL]) / best(seconds), seconds)
    return [table.as_json()]


def timed(run: Callable[..., object], sizes: list[int]) -> float:
    """Return the seconds of all tasks."""
    begin = time.perf_counter()
    run(compute, sizes)
    return time.perf_counter() - begin
