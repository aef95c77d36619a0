"""Regular expressions over the log of a web server, in the combined format: requests, bytes and errors by path.

The log is generated. A task gets the path and a range of bytes, matches each of its lines and returns its counts.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

from programs import RunTasks, byte_ranges, read_range

__all__ = ["count_requests", "prepare", "solve"]

LINES = 300_000  # about 45 MB
PARTS = 16
PAGES = ("/", "/about", "/cart", "/login", "/search", "/static/site.css", "/static/site.js", "/help")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
    "curl/8.14.1",
    "ExampleBot/2.1 (+https://example.org)",
)
PATTERN = (
    r"(?P<host>\d+\.\d+\.\d+\.\d+) \S+ \S+ \[(?P<time>[^\]]+)\] "
    r'"(?P<method>[A-Z]+) (?P<path>[^ ?"]+)(?:\?(?P<query>[^ "]*))? HTTP/\d\.\d" '
    r'(?P<status>\d{3}) (?P<size>\d+|-) "(?P<referrer>[^"]*)" "(?P<agent>[^"]*)"'
)

ByteRange = tuple[str, int, int]


def request(chance: random.Random) -> str:
    """Return one line of the log."""
    host = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
    clock = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    target = chance.choice(PAGES) + (f"?q={chance.randrange(10**6)}&page=2" if chance.random() < 0.3 else "")
    status = chance.choices((200, 304, 404, 500), (90, 5, 4, 1))[0]
    size = chance.randrange(100, 60_000) if status == 200 else "-"
    return (
        f'{host} - - [{chance.randrange(1, 31):02}/Sep/2025:{clock} +0000] "GET {target} HTTP/1.1" {status} {size} '
        f'"https://example.org/" "{chance.choice(AGENTS)}"'
    )


def prepare(folder: Path, scale: float) -> list[ByteRange]:
    """Write the log and divide it."""
    chance = random.Random(2025)
    path = folder / "access.log"
    with path.open("w", encoding="ascii") as file:
        for _ in range(round(LINES * scale)):
            file.write(request(chance) + "\n")
    return byte_ranges(path, PARTS)


def count_requests(part: ByteRange) -> dict[tuple[str, str], int]:
    """Return the requests, bytes and errors by path."""
    match = re.compile(PATTERN).fullmatch
    counts: Counter[tuple[str, str]] = Counter()
    for line in read_range(part).decode("ascii").splitlines():
        found = match(line)
        if found is None:
            counts["unreadable", ""] += 1
            continue
        path, status, size = found.group("path", "status", "size")
        counts["requests", path] += 1
        counts["errors", path] += status >= "400"
        counts["bytes", path] += 0 if size == "-" else int(size)
    return dict(counts)


def solve(run_tasks: RunTasks, parts: list[ByteRange]) -> dict[tuple[str, str], int]:
    """Return the counts of the whole log."""
    total: Counter[tuple[str, str]] = Counter()
    for counts in run_tasks(count_requests, parts):
        total.update(counts)
    return dict(total)
