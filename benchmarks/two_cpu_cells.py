"""Two CPU-bound cells in two interpreters at once, beside the same two in two processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context

from cpu_bound_cell import compute
from side_by_side import Figure, best, interleave, run

import subinterp_kernel

ROUNDS = 15
WORKERS = 2


def seconds_of(start: Iterable[Callable[[], Callable[[], object]]]) -> float:
    """Start all the work, then wait for all of it."""
    begin = time.perf_counter()
    waits = [launch() for launch in start]
    for wait in waits:
        wait()
    return time.perf_counter() - begin


def measure() -> Iterator[Figure]:
    with (
        subinterp_kernel.create() as one,
        subinterp_kernel.create() as two,
        get_context("spawn").Pool(WORKERS) as pool,
    ):
        workers = [one, two]
        contenders = {
            "interpreters, one": lambda: seconds_of([lambda: one.submit(compute).result]),
            "interpreters, two": lambda: seconds_of([lambda to=to: to.submit(compute).result for to in workers]),
            "processes, one": lambda: seconds_of([lambda: pool.apply_async(compute).get]),
            "processes, two": lambda: seconds_of([lambda: pool.apply_async(compute).get] * WORKERS),
        }
        samples = interleave(contenders, ROUNDS)
    yield from compare({name: best(values) for name, values in samples.items()})


def compare(seconds: dict[str, float]) -> Iterator[Figure]:
    """Compare how much more both get done with two at once than with one."""
    speed_up = {side: WORKERS * seconds[f"{side}, one"] / seconds[f"{side}, two"] for side in ("interpreters", "processes")}
    ratio = speed_up["interpreters"] / speed_up["processes"]
    note = "best of {}: {:.2f} / {:.2f}".format(ROUNDS, speed_up["interpreters"], speed_up["processes"])
    yield Figure("speed-up of two interpreters / of two processes", ratio, "x", at_least=0.95, note=note)
    alone = seconds["interpreters, one"] / seconds["processes, one"]
    note = "{:.0f} / {:.0f} ms".format(seconds["interpreters, one"] * 1e3, seconds["processes, one"] * 1e3)
    yield Figure("time of one cell, in an interpreter / in a process", alone, "x", note=note)


if __name__ == "__main__":
    run(measure)
