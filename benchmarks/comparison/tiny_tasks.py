"""What a pool adds to each task: ``operator.neg`` submitted one by one, and mapped."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from side_by_side import interleave, median

from comparison.batches import seconds_per_task
from comparison.contenders import Pool, failures, open_pools
from comparison.tables import Table

__all__ = ["measure"]

ROUNDS = (2, 15)  # quick, and usually
CHUNK = 100

SUBMIT, MAP, CHUNKS = "submit and result", "map", f"map in chunks of {CHUNK}"

NOTE = f"""A call of operator.neg, per task: submitted when the result of the one before it is there; by map with its
default; and by map in chunks of {CHUNK}, which threads and the standard library's interpreters ignore.
joblib chooses chunks by itself. Median."""


def measure(quick: bool) -> list[dict[str, Any]]:
    table = Table(
        "tiny_tasks", "Tiny tasks", "µs", [SUBMIT, MAP, CHUNKS], note=" ".join(NOTE.split()), logarithmic=True
    )
    ways = {SUBMIT: submit_all, MAP: map_all, CHUNKS: map_chunks}
    with open_pools() as pools:
        failures(pools, operator.neg, 1)  # starts the workers
        for column, way in ways.items():
            contenders = {name: seconds_per_task(way(pool)) for name, pool in pools.items()}
            for name, seconds in interleave(contenders, ROUNDS[not quick]).items():
                table.put(name, column, median(seconds) * 1e6, seconds)
    return [table.as_json()]


def submit_all(pool: Pool) -> Callable[[int], object]:
    return lambda count: [pool.call(operator.neg, number) for number in range(count)]


def map_all(pool: Pool) -> Callable[[int], object]:
    return lambda count: pool.map(operator.neg, range(count))


def map_chunks(pool: Pool) -> Callable[[int], object]:
    return lambda count: pool.map(operator.neg, range(count), CHUNK)
