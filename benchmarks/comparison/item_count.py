"""What an item of a map costs, against the number of items."""

from __future__ import annotations

import operator
import time
from typing import Any

from side_by_side import median

from comparison.contenders import Pool, failures, open_pools
from comparison.tables import Table

__all__ = ["measure"]

COUNTS = ([10, 100, 1000, 10_000], [10, 100, 1000, 10_000, 100_000, 1_000_000])  # quick, and usually
LONGEST = (1.0, 25.0)  # seconds that a map may take; a longer one is left out
ROUNDS = 5
LARGE = 10_000  # items that are mapped once only


def measure(quick: bool) -> list[dict[str, Any]]:
    counts = COUNTS[not quick]
    table = Table(
        "item_count",
        "Cost of an item against the number of items",
        "µs",
        [f"{count:,}" for count in counts],
        note=f"map of operator.neg with its default chunks, per item. Median; one run above {LARGE:,} items. "
        f"Left out where a map would take more than {LONGEST[not quick]:g} s.",
        logarithmic=True,
        over="items",
    )
    with open_pools() as pools:
        failures(pools, operator.neg, 1)
        costs = dict.fromkeys(pools, 0.0)
        for count in counts:
            able = {name: pool for name, pool in pools.items() if costs[name] * count < LONGEST[not quick]}
            samples: dict[str, list[float]] = {name: [] for name in able}
            for _ in range(ROUNDS if count <= LARGE else 1):
                for name, pool in able.items():
                    samples[name].append(per_item(pool, count))
            for name, seconds in samples.items():
                costs[name] = median(seconds)
                table.put(name, f"{count:,}", costs[name] * 1e6, seconds)
    return [table.as_json()]


def per_item(pool: Pool, count: int) -> float:
    """Return the seconds of one item."""
    begin = time.perf_counter()
    pool.map(operator.neg, range(count))
    return (time.perf_counter() - begin) / count
