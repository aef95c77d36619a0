"""The first cell of a new name: with an interpreter made ahead, and without one."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from live_kernel import LiveKernel
from side_by_side import Figure, interleave, median, run

ROUNDS = 9
SETTLE = 1.0  # seconds for a spare to come up, and for the previous cell's traces to vanish

_numbers = itertools.count(1)


def first_cell(kernel: LiveKernel) -> float:
    """Measure the first cell of a name that was never used, and close its interpreter."""
    name = f"new{next(_numbers)}"
    time.sleep(SETTLE)
    seconds = kernel.seconds_of(f"%%subinterp {name}\npass")
    kernel.seconds_of(f"%subinterp close {name}")
    return seconds


def plain_cell(kernel: LiveKernel) -> float:
    """Measure a cell of the main interpreter after the same silence."""
    time.sleep(SETTLE)
    return kernel.seconds_of("pass")


def compare(kernel: LiveKernel, situation: str, limit: float) -> Figure:
    """Measure both kinds of cells in turn."""
    contenders = {"first": lambda: first_cell(kernel), "plain": lambda: plain_cell(kernel)}
    samples = interleave(contenders, ROUNDS)
    first, plain = median(samples["first"]) * 1e3, median(samples["plain"]) * 1e3
    note = f"medians of {ROUNDS}: {first:.1f} - {plain:.1f} ms"
    return Figure(f"first cell of a new name - plain cell, {situation}", first - plain, "ms", at_most=limit, note=note)


def measure() -> Iterator[Figure]:
    with LiveKernel("subinterp") as kernel:
        yield compare(kernel, "spare waiting", 5.0)
        kernel.seconds_of("%config SubinterpMagics.spares = 0")
        first_cell(kernel)  # uses up the spare that is still there
        yield compare(kernel, "no spare", 200.0)


if __name__ == "__main__":
    run(measure)
