"""Well-known programs, written from their published descriptions and cut into tasks for a pool.

Each module has ``prepare(folder, scale)``, which returns what its ``solve(run_tasks, prepared)`` starts from.
`run_tasks` calls a function for each item of a list, as ``map`` does, on whatever is measured; ``solve`` returns the
answer. `scale` is 1 for a measurement and smaller for a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["NAMES", "RunTasks", "load", "sequentially"]

RunTasks = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]

NAMES = ("n_body", "spectral_norm", "richards", "json_lines", "log_regex", "zlib_blocks", "k_means")


def load(name: str) -> ModuleType:
    """Import one of the programs."""
    return import_module(f"{__name__}.{name}")


def sequentially(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Call the function for each item, one after the other, in this interpreter."""
    return [function(item) for item in items]


def byte_ranges(path: Path, parts: int) -> list[tuple[str, int, int]]:
    """Divide a text file into ranges of about equal size that end with a line: path, begin and end of each."""
    size = path.stat().st_size
    ends = [0]
    with path.open("rb") as file:
        for part in range(1, parts):
            file.seek(size * part // parts)
            file.readline()
            ends.append(file.tell())
    ends.append(size)
    return [(str(path), begin, end) for begin, end in pairwise(ends)]


def read_range(part: tuple[str, int, int]) -> bytes:
    """Return the bytes of one of these ranges."""
    path, begin, end = part
    with open(path, "rb") as file:
        file.seek(begin)
        return file.read(end - begin)
