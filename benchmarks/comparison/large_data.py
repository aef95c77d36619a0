"""100 MiB as an argument and as a result."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from side_by_side import interleave, median

from comparison.contenders import Pool, failures, open_pools
from comparison.tables import Table
from comparison.tasks import add_one, give_back

__all__ = ["measure"]

ROUNDS = (1, 5)  # quick, and usually
MEBIBYTES = (10, 100)

BYTES, ARRAY, CHANGED = "bytes", "NumPy array", "NumPy array + 1"

NOTE = """One task gets the object and returns it, or returns a new array. Threads, and the arrays of ours that are
only returned, pass references back; the others copy. Median."""


def measure(quick: bool) -> list[dict[str, Any]]:
    import numpy as np

    size = MEBIBYTES[not quick] << 20
    columns: dict[str, tuple[Callable[[Any], Any], Any]] = {
        BYTES: (give_back, b"x" * size),
        ARRAY: (give_back, np.ones(size // 8)),
        CHANGED: (add_one, np.ones(size // 8)),
    }
    title = f"{MEBIBYTES[not quick]} MiB in and out"
    table = Table("large_data", title, "ms", list(columns), note=" ".join(NOTE.split()), logarithmic=True)
    with open_pools() as pools:
        for column, (function, data) in columns.items():
            failed = failures(pools, function, data[:1])
            table.failures.update({f"{name}, {column}": error for name, error in failed.items()})
            able = {name: partial(timed, pool, function, data) for name, pool in pools.items() if name not in failed}
            for name, seconds in interleave(able, ROUNDS[not quick]).items():
                table.put(name, column, median(seconds) * 1e3, seconds)
    return [table.as_json()]


def timed(pool: Pool, function: Callable[[Any], Any], data: Any) -> float:
    """Return the seconds of one call."""
    begin = time.perf_counter()
    result = pool.call(function, data)
    seconds = time.perf_counter() - begin
    if len(result) != len(data):
        raise ValueError("the data did not come back")
    return seconds
