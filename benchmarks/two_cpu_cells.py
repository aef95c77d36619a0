"""Two CPU-bound cells in two interpreters at once, beside the same two in two processes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.pool import Pool

from cpu_bound_cell import compute
from side_by_side import Figure, Samples, best, interleave, run

import subinterp_kernel
from subinterp_kernel import Interpreter

ROUNDS = 25
WORKERS = 2


def in_interpreters(interpreters: Sequence[Interpreter]) -> float:
    """Run one cell in each interpreter, all at once; return the seconds until all have ended."""
    begin = time.perf_counter()
    for future in [interpreter.submit(compute) for interpreter in interpreters]:
        future.result()
    return time.perf_counter() - begin


def in_processes(pool: Pool, cells: int) -> float:
    """Run so many cells in the pool's processes, all at once; return the seconds until all have ended."""
    begin = time.perf_counter()
    for result in [pool.apply_async(compute) for _ in range(cells)]:
        result.get()
    return time.perf_counter() - begin


def measure() -> Iterator[Figure]:
    with (
        subinterp_kernel.create() as one,
        subinterp_kernel.create() as two,
        get_context("spawn").Pool(WORKERS) as pool,
    ):
        contenders = {
            "interpreters, one": lambda: in_interpreters([one]),
            "interpreters, two": lambda: in_interpreters([one, two]),
            "processes, one": lambda: in_processes(pool, 1),
            "processes, two": lambda: in_processes(pool, WORKERS),
        }
        yield from compare(interleave(contenders, ROUNDS))


def compare(samples: Samples) -> Iterator[Figure]:
    """Compare how much more both get done with two at once than with one."""
    seconds = {name: best(values) for name, values in samples.items()}
    ours = WORKERS * seconds["interpreters, one"] / seconds["interpreters, two"]
    theirs = WORKERS * seconds["processes, one"] / seconds["processes, two"]
    note = f"best of {ROUNDS}: {ours:.2f} / {theirs:.2f}"
    yield Figure("speed-up of two interpreters / of two processes", ours / theirs, "x", at_least=0.95, note=note)
    alone = seconds["interpreters, one"] / seconds["processes, one"]
    note = "{:.0f} / {:.0f} ms".format(seconds["interpreters, one"] * 1e3, seconds["processes, one"] * 1e3)
    yield Figure("time of one cell, in an interpreter / in a process", alone, "x", note=note)


if __name__ == "__main__":
    run(measure)
