"""``AtomicInt`` beside a number with a lock: in one thread, and contended by interpreters or by processes."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.pool import Pool
from typing import Any

from contended_number import Span, add_in_interpreter, add_in_process, keep
from side_by_side import Figure, best, interleave, median, run

import subinterp_kernel
from subinterp_kernel import AtomicInt, Barrier, Interpreter, Lock, SharedArray

ROUNDS = 300
STEPS = 5000  # in a batch of a fraction of a millisecond: some batches are free of other processes' time slices

PARTIES = 2
CONTENDED_ROUNDS = 20
CONTENDED_STEPS = 100_000  # long enough that the ends, where one runs alone, weigh little
PROCESS_STEPS = 10_000


def measure() -> Iterator[Figure]:
    yield from uncontended()
    with subinterp_kernel.create() as one, subinterp_kernel.create() as two:
        yield from contended([one, two])


# ------------------------------------------------------------------------------------------------------- one thread


def add_atomically(number: AtomicInt) -> float:
    """Count with an atomic number and return the mean seconds of a step."""
    begin = time.perf_counter()
    for _ in range(STEPS):
        number.fetch_add(1)
    return (time.perf_counter() - begin) / STEPS


def add_in_array(array: SharedArray) -> float:
    """Count with an element of an array and return the mean seconds of a step."""
    begin = time.perf_counter()
    for _ in range(STEPS):
        array.fetch_add(0, 1)
    return (time.perf_counter() - begin) / STEPS


def add_locked(lock: Any) -> float:
    """Count with a local variable that a lock guards and return the mean seconds of a step."""
    number = 0
    begin = time.perf_counter()
    for _ in range(STEPS):
        with lock:
            number += 1
    return (time.perf_counter() - begin) / STEPS


def uncontended() -> Iterator[Figure]:
    """Compare the ways to count without contention."""
    number, array, ours, theirs = AtomicInt(), SharedArray(1, "q"), Lock(), threading.Lock()
    contenders: dict[str, Callable[[], float]] = {
        "threading.Lock": lambda: add_locked(theirs),
        "AtomicInt": lambda: add_atomically(number),
        "array": lambda: add_in_array(array),
        "Lock": lambda: add_locked(ours),
    }
    samples = interleave(contenders, ROUNDS)
    plain = "threading.Lock, n += 1"
    for what, name, limit in (
        (f"AtomicInt.fetch_add(1) / {plain}", "AtomicInt", 1.5),
        (f"array.fetch_add(0, 1) / {plain}", "array", None),
        (f"Lock, n += 1 / {plain}", "Lock", None),
    ):
        us, them = best(samples[name]), best(samples["threading.Lock"])
        note = "best: {:.1f} / {:.1f} M/s; ratio of medians {:.2f}".format(
            1e-6 / us, 1e-6 / them, median(samples["threading.Lock"]) / median(samples[name])
        )
        yield Figure(what, them / us, "x", at_least=limit, note=note)


# --------------------------------------------------------------------------------------- two that change one number


def seconds_per_step(spans: list[Span], steps: int) -> float:
    """Return the time from the first one's begin to the last one's end, for each step of all together."""
    begins, ends = zip(*spans, strict=True)
    return (max(ends) - min(begins)) / (len(spans) * steps)


def in_interpreters(interpreters: list[Interpreter], number: AtomicInt, barrier: Barrier) -> float:
    """Let all interpreters count at once."""
    futures = [interpreter.submit(add_in_interpreter, number, barrier, CONTENDED_STEPS) for interpreter in interpreters]
    return seconds_per_step([future.result() for future in futures], CONTENDED_STEPS)


def in_processes(pool: Pool) -> float:
    """Let all processes count at once: each takes one task, since it waits in it for the others."""
    return seconds_per_step(pool.map(add_in_process, [PROCESS_STEPS] * PARTIES, chunksize=1), PROCESS_STEPS)


def contended(interpreters: list[Interpreter]) -> Iterator[Figure]:
    """Compare two interpreters that change one number with two processes that do."""
    number, barrier = AtomicInt(), Barrier(PARTIES)
    context = multiprocessing.get_context("spawn")
    value = context.Value("q", 0)
    with context.Pool(PARTIES, keep, (value, context.Barrier(PARTIES))) as pool:
        contenders = {
            "interpreters": lambda: in_interpreters(interpreters, number, barrier),
            "processes": lambda: in_processes(pool),
        }
        samples = interleave(contenders, CONTENDED_ROUNDS)
    turns = (CONTENDED_ROUNDS + 1) * PARTIES
    if (int(number), value.value) != (turns * CONTENDED_STEPS, turns * PROCESS_STEPS):
        raise RuntimeError(f"updates were lost: {number!r}, {value.value}")
    # The best rounds are those in which the two got in each other's way least, on a busy machine by taking turns.
    us, them = median(samples["interpreters"]), median(samples["processes"])
    note = "medians of {}: {:.2f} / {:.2f} M/s; ratio of best {:.1f}".format(
        CONTENDED_ROUNDS, 1e-6 / us, 1e-6 / them, best(samples["processes"]) / best(samples["interpreters"])
    )
    yield Figure("AtomicInt, 2 interpreters / Value with its lock, 2 processes", them / us, "x", at_least=5, note=note)
    alone = median([add_atomically(number) for _ in range(CONTENDED_ROUNDS)])
    yield Figure("AtomicInt, 2 interpreters / one alone", alone / us, "x", note="they share one cache line")


if __name__ == "__main__":
    run(measure)
