"""What one more interpreter costs when others exist already: time and memory, beside processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from side_by_side import median

from comparison.bounded_process import call
from comparison.process_tree import mebibytes
from comparison.tables import Table

__all__ = ["KINDS", "costs", "creating", "measure"]

COUNTS = ([1, 2, 4, 8], [1, 2, 4, 8, 16, 32, 64])  # quick, and usually
ROUNDS = (1, 5)
PATIENCE = 120.0  # seconds
SOURCE = "pass"

Create = Callable[[], object]


@contextmanager
def _ours() -> Iterator[Create]:
    import subinterp_kernel

    yield lambda: subinterp_kernel.create().exec(SOURCE)
    subinterp_kernel.close_all()


@contextmanager
def _cpython() -> Iterator[Create]:
    import _interpreters

    peers: list[int] = []

    def create() -> None:
        peers.append(_interpreters.create("isolated"))
        _interpreters.exec(peers[-1], SOURCE)

    yield create
    for peer in peers:
        _interpreters.destroy(peer)


@contextmanager
def _processes() -> Iterator[Create]:
    context = get_context("spawn")
    ends: list[Connection] = []
    processes = []

    def create() -> None:
        here, there = context.Pipe()
        processes.append(context.Process(target=_answer_once, args=(there,)))
        processes[-1].start()
        here.recv()
        ends.append(here)

    yield create
    for end in ends:
        end.send(None)
    for process in processes:
        process.join()


def _answer_once(connection: Connection) -> None:
    connection.send("ready")
    connection.recv()


KINDS = {"ours": _ours, "CPython's own interpreters": _cpython, "processes (spawn)": _processes}


@contextmanager
def creating(kind: str) -> Iterator[Create]:
    """Yield what creates one more; all end with the ``with`` block."""
    with KINDS[kind]() as create:
        yield create


def costs(kind: str, counts: list[int]) -> list[tuple[float, float]]:
    """Return the seconds of one more, and the MiB of each, when so many exist."""
    found = []
    with creating(kind) as create:
        before = mebibytes()
        existing = 0
        for count in counts:
            begin = time.perf_counter()
            for _ in range(count - existing):
                create()
            seconds = (time.perf_counter() - begin) / (count - existing)
            existing = count
            found.append((seconds, (mebibytes() - before) / count))
    return found


def measure(quick: bool) -> list[dict[str, Any]]:
    counts = COUNTS[not quick]
    columns = [str(count) for count in counts]
    times = Table(
        "interpreter_time",
        "Time of one more interpreter against their number",
        "ms",
        columns,
        note=f"From the creation until it has run {SOURCE!r}: mean of those since the column before. The first "
        "one also imports what main needs. Median.",
        over="interpreters",
    )
    memory = Table(
        "interpreter_memory",
        "Memory of each interpreter against their number",
        "MiB",
        columns,
        note="What they add to the proportional set size of the process and its children, by their number. Median.",
        over="interpreters",
    )
    for kind in KINDS:
        rounds = [call(f"{__name__}:costs", [kind, counts], PATIENCE) for _ in range(ROUNDS[not quick])]
        for number, column in enumerate(columns):
            seconds, mebibytes_each = ([series[number][part] for series in rounds] for part in (0, 1))
            times.put(kind, column, median(seconds) * 1e3, seconds)
            memory.put(kind, column, median(mebibytes_each), mebibytes_each)
    return [times.as_json(), memory.as_json()]
