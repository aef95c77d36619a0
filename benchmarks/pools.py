"""``InterpreterPoolExecutor`` beside the standard library's executors: start, tiny tasks, computing, large data."""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

from side_by_side import STDLIB_MISSING, Figure, Samples, best, interleave, median, run

import subinterp_kernel

WORKERS = 2
ROUNDS = 10
TINY = 4_000
FEW = 400  # for executors that take long for each
LARGE = 100 << 20  # bytes
SERIES = 5  # at most, while the processes do not reach this speed-up: others have used the cores, then
FREE_MACHINE = 1.9

OURS, STDLIB, THREADS, SPAWN, FORKSERVER = "ours", "stdlib interpreters", "threads", "spawn", "forkserver"


def executors() -> dict[str, Callable[[], Executor]]:
    """Return what makes each executor."""
    found: dict[str, Callable[[], Executor]] = {
        OURS: lambda: subinterp_kernel.InterpreterPoolExecutor(WORKERS),
        THREADS: lambda: ThreadPoolExecutor(WORKERS),
        SPAWN: lambda: ProcessPoolExecutor(WORKERS, get_context("spawn")),
        FORKSERVER: lambda: ProcessPoolExecutor(WORKERS, get_context("forkserver")),
    }
    if sys.version_info >= (3, 14):
        from concurrent.futures import InterpreterPoolExecutor

        found[STDLIB] = lambda: InterpreterPoolExecutor(WORKERS)
    return found


def compute(_number: int) -> int:
    """Keep a core busy for about 50 milliseconds."""
    return sum(n * n for n in range(600_000))


def measure() -> Iterator[Figure]:
    yield from starts()
    with ExitStack() as stack:
        pools = {name: stack.enter_context(make()) for name, make in executors().items()}
        for pool in pools.values():
            list(pool.map(operator.neg, range(10)))
        yield from tiny_maps(pools)
        yield from tiny_submits(pools)
        yield from speed_ups(pools)
        yield from large_arguments(pools)
    yield from growth()


def starts() -> Iterator[Figure]:
    """Time how long a pool takes until both workers have run something, and its shutdown."""

    def start(make: Callable[[], Executor]) -> Callable[[], float]:
        def contender() -> float:
            begin = time.perf_counter()
            with make() as pool:
                list(pool.map(compute_little, range(WORKERS)))
            return time.perf_counter() - begin

        return contender

    samples = interleave({name: start(make) for name, make in executors().items() if name != THREADS}, ROUNDS)
    for name, seconds in samples.items():
        yield Figure(f"a pool of {WORKERS} starts, works and ends: {name}", median(seconds) * 1e3, "ms")
    yield ratio("start, ours / stdlib interpreters", samples, (OURS, STDLIB), at_most=1)


def compute_little(_number: int) -> int:
    """Take longer than a worker needs to ask for its first task."""
    return sum(range(200_000))


def per_task(call: Callable[[int], object], number: int) -> Callable[[], float]:
    """Return a contender that runs so many tasks and returns the seconds of one."""

    def contender() -> float:
        begin = time.perf_counter()
        call(number)
        return (time.perf_counter() - begin) / number

    return contender


def tiny_maps(pools: dict[str, Executor]) -> Iterator[Figure]:
    """Map a function that does nearly nothing."""
    contenders = {
        name: per_task(
            lambda number, pool=pool: list(pool.map(operator.neg, range(number))),
            TINY if name in (OURS, THREADS) else FEW,
        )
        for name, pool in pools.items()
    }
    samples = interleave(contenders, ROUNDS)
    for name, seconds in samples.items():
        yield Figure(f"map of a tiny function, per item: {name}", median(seconds) * 1e6, "us")
    yield ratio("tiny map, stdlib interpreters / ours", samples, (STDLIB, OURS), at_least=10)
    yield ratio("tiny map, threads / ours", samples, (THREADS, OURS), at_least=1)


def tiny_submits(pools: dict[str, Executor]) -> Iterator[Figure]:
    """Submit a function that does nearly nothing, and wait for each result."""

    def submit_all(pool: Executor) -> Callable[[int], object]:
        return lambda number: [pool.submit(operator.neg, n).result() for n in range(number)]

    samples = interleave({name: per_task(submit_all(pool), FEW) for name, pool in pools.items()}, ROUNDS)
    for name, seconds in samples.items():
        yield Figure(f"one submit and its result: {name}", median(seconds) * 1e6, "us")
    yield ratio("submit, stdlib interpreters / ours", samples, (STDLIB, OURS), at_least=3)


def speed_ups(pools: dict[str, Executor]) -> Iterator[Figure]:
    """Compare two computations at once with one."""

    def timed(pool: Executor, count: int) -> Callable[[], float]:
        def contender() -> float:
            begin = time.perf_counter()
            list(pool.map(compute, range(count)))
            return time.perf_counter() - begin

        return contender

    contenders = {}
    for name, pool in pools.items():
        contenders[f"{name}, one"] = timed(pool, 1)
        contenders[f"{name}, two"] = timed(pool, WORKERS)

    def speed_up(name: str) -> float:
        return WORKERS * best(samples[f"{name}, one"]) / best(samples[f"{name}, two"])

    samples = interleave(contenders, ROUNDS)
    for _ in range(SERIES - 1):
        if speed_up(SPAWN) >= FREE_MACHINE:
            break
        for key, values in interleave(contenders, ROUNDS).items():
            samples[key] += values
    for name in pools:
        yield Figure(f"computing, {WORKERS} at once / one: {name}", speed_up(name), "x")
    yield Figure("speed-up, ours / processes", speed_up(OURS) / speed_up(SPAWN), "x", at_least=0.97)


def large_arguments(pools: dict[str, Executor]) -> Iterator[Figure]:
    """Send bytes in, and get them back."""
    data = b"x" * LARGE

    def timed(pool: Executor) -> Callable[[], float]:
        def contender() -> float:
            begin = time.perf_counter()
            assert len(pool.submit(bytes, data).result()) == LARGE
            return time.perf_counter() - begin

        return contender

    samples = interleave({name: timed(pools[name]) for name in (OURS, SPAWN)}, 3)
    for name, seconds in samples.items():
        yield Figure(f"100 MiB in and out: {name}", median(seconds) * 1e3, "ms")


def growth() -> Iterator[Figure]:
    """Compare the cost of an item in a long map with that in a short one."""
    costs = {}
    with subinterp_kernel.InterpreterPoolExecutor(WORKERS) as pool:
        list(pool.map(operator.neg, range(1000)))
        for count in (10**3, 10**5):
            call = per_task(lambda number: list(pool.map(operator.neg, range(number))), count)
            costs[count] = best([call() for _ in range(3)])
    note = " / ".join(f"{seconds * 1e6:.1f} us" for seconds in reversed(costs.values()))
    yield Figure("an item of 100,000 / of 1,000", costs[10**5] / costs[10**3], "x", at_most=2, note=note)


def ratio(what: str, samples: Samples, contenders: tuple[str, str], **limit: float) -> Figure:
    """Return the ratio of the medians of two contenders; skipped without the standard library's interpreters."""
    over, under = contenders
    if over not in samples or under not in samples:
        return Figure(what, None, "x", note=STDLIB_MISSING)
    value = median(samples[over]) / median(samples[under])
    return Figure(what, value, "x", note="medians", **limit)


if __name__ == "__main__":
    run(measure)
