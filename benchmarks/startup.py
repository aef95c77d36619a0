"""A bare interpreter from ``create()`` to ``close()``, beside one of CPython's own: time and memory."""

from __future__ import annotations

import _interpreters
from collections.abc import Callable, Iterator

import psutil
from side_by_side import Figure, Samples, best, interleave, median, run, seconds_per_call

import subinterp_kernel

ROUNDS = 150  # so that some of each are free of other processes
ALIVE = 8  # how many live at once while memory is measured
SOURCE = "pass"
OURS, THEIRS = "ours", "CPython's own"


def ours(source: str | None = None) -> None:
    """Make and end one of ours, which may have to run some code."""
    with subinterp_kernel.create() as interpreter:
        if source is not None:
            interpreter.exec(source)


def theirs(source: str | None = None) -> None:
    """Do the same with an interpreter of CPython's own."""
    interpreter = _interpreters.create("isolated")
    if source is not None:
        _interpreters.exec(interpreter, source)
    _interpreters.destroy(interpreter)


def bytes_of_each(create: Callable[[], object]) -> float:
    """Return by how much each of several new interpreters adds to the process's memory. They stay."""
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(ALIVE):
        create()
    return (process.memory_info().rss - before) / ALIVE


def memory() -> Iterator[Figure]:
    """Compare the memory of interpreters that nothing was asked of; none use what others have left."""
    ours(SOURCE)  # imports what the main interpreter needs
    mebibytes = bytes_of_each(subinterp_kernel.create) / 2**20
    peers: list[int] = []
    own = bytes_of_each(lambda: peers.append(_interpreters.create("isolated"))) / 2**20
    note = f"mean of {ALIVE}; {THEIRS}: {own:.2f} MiB"
    yield Figure("memory of a bare interpreter", mebibytes, "MiB", at_most=3.2, note=note)
    subinterp_kernel.close_all()
    for peer in peers:
        _interpreters.destroy(peer)


def compare(samples: Samples, what: str, limit: float | None) -> Figure:
    """Compare the best rounds; the others had to wait for other processes."""
    us, them = samples[OURS], samples[THEIRS]
    note = f"best of {ROUNDS}: {best(us) * 1e3:.1f} / {best(them) * 1e3:.1f} ms"
    note += f"; ratio of medians {median(us) / median(them):.2f}"
    return Figure(f"{what}, ours / {THEIRS}", best(us) / best(them), "x", at_most=limit, note=note)


def measure() -> Iterator[Figure]:
    yield from memory()
    for what, limit, source in (
        ("create + close", 1.5, None),
        (f"create + exec {SOURCE!r} + close", None, SOURCE),
    ):
        contenders = {
            OURS: seconds_per_call(lambda source=source: ours(source), 1),
            THEIRS: seconds_per_call(lambda source=source: theirs(source), 1),
        }
        yield compare(interleave(contenders, ROUNDS), what, limit)


if __name__ == "__main__":
    run(measure)
