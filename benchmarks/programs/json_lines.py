"""JSON of a large file: orders, one JSON object a line, are parsed and added up by country and month.

The file is generated. A task gets the path and a range of bytes, reads and parses its lines and returns its sums.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

from programs import RunTasks, byte_ranges, read_range

__all__ = ["add_up", "prepare", "solve"]

LINES = 130_000  # about 40 MB
PARTS = 16
COUNTRIES = ("AT", "BR", "CA", "DE", "ES", "FR", "IN", "JP", "KE", "NZ", "PL", "US")

ByteRange = tuple[str, int, int]


def order(number: int, chance: random.Random) -> dict[str, object]:
    """Return one order with a customer and some items."""
    items = [
        {
            "sku": f"P{chance.randrange(10**6):06}",
            "cents": chance.randrange(100, 99_999),
            "count": chance.randrange(1, 9),
        }
        for _ in range(chance.randrange(1, 6))
    ]
    return {
        "id": number,
        "date": f"2025-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
        "customer": {"name": f"Customer {number % 9973}", "country": chance.choice(COUNTRIES), "tags": ["web", "new"]},
        "paid": chance.random() < 0.97,
        "items": items,
    }


def prepare(folder: Path, scale: float) -> list[ByteRange]:
    """Write the file and divide it."""
    chance = random.Random(2025)
    path = folder / "orders.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(round(LINES * scale)):
            file.write(json.dumps(order(number, chance)) + "\n")
    return byte_ranges(path, PARTS)


def add_up(part: ByteRange) -> dict[tuple[str, str], int]:
    """Return the cents of paid orders by country and month."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in read_range(part).splitlines():
        entry = json.loads(line)
        if entry["paid"]:
            cents = sum(item["cents"] * item["count"] for item in entry["items"])
            sums[entry["customer"]["country"], entry["date"][:7]] += cents
    return dict(sums)


def solve(run_tasks: RunTasks, parts: list[ByteRange]) -> dict[tuple[str, str], int]:
    """Return the sums of the whole file."""
    total: Counter[tuple[str, str]] = Counter()
    for sums in run_tasks(add_up, parts):
        total.update(sums)
    return dict(total)
