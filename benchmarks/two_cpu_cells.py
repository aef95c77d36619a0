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

ROUNDS = 20
WORKERS = 2
SERIES = 5  # at most, while the processes do not reach this speed-up: others have used the cores, then
FREE_MACHINE = 1.9


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
        samples = interleave(contenders, ROUNDS)
        for _ in range(SERIES - 1):
            if speed_up(samples, "processes") >= FREE_MACHINE:
                break
            for name, values in interleave(contenders, ROUNDS).items():
                samples[name] += values
    yield from compare(samples)


def speed_up(samples: Samples, side: str) -> float:
    """Return how much more gets done with two at once than with one."""
    return WORKERS * best(samples[f"{side}, one"]) / best(samples[f"{side}, two"])


def compare(samples: Samples) -> Iterator[Figure]:
    """Compare interpreters with processes: both at once, and one alone."""
    ours, theirs = speed_up(samples, "interpreters"), speed_up(samples, "processes")
    note = f"best of {len(samples['processes, two'])}: {ours:.2f} / {theirs:.2f}"
    yield Figure("speed-up of two interpreters / of two processes", ours / theirs, "x", at_least=0.95, note=note)
    ours, theirs = best(samples["interpreters, one"]), best(samples["processes, one"])
    note = f"{ours * 1e3:.0f} / {theirs * 1e3:.0f} ms"
    yield Figure("time of one cell, in an interpreter / in a process", ours / theirs, "x", note=note)


if __name__ == "__main__":
    run(measure)
