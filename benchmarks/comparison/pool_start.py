"""How long a pool takes until both workers have run something, and until it has ended again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from side_by_side import interleave, median

from comparison.contenders import NAMES, WORKERS, open_pool
from comparison.tables import Table
from comparison.tasks import compute_little

__all__ = ["measure"]

ROUNDS = (2, 7)  # quick, and usually

READY, ENDED = "ready", "ended"


def measure(quick: bool) -> list[dict[str, Any]]:
    table = Table(
        "pool_start",
        f"Start of a pool of {WORKERS}",
        "ms",
        [READY, ENDED],
        note="Until two functions of some milliseconds have run, and until the pool has ended after that. Median.",
        logarithmic=True,
    )
    ready: dict[str, list[float]] = {name: [] for name in NAMES}
    samples = interleave({name: start(name, ready[name]) for name in NAMES}, ROUNDS[not quick])
    for name in NAMES:
        for column, seconds in ((READY, ready[name][1:]), (ENDED, samples[name])):
            table.put(name, column, median(seconds) * 1e3, seconds)
    return [table.as_json()]


def start(name: str, ready: list[float]) -> Callable[[], float]:
    """Return a contender that also records when the workers are ready."""

    def contender() -> float:
        begin = time.perf_counter()
        with open_pool(name) as pool:
            pool.map(compute_little, range(WORKERS))
            ready.append(time.perf_counter() - begin)
        return time.perf_counter() - begin

    return contender
