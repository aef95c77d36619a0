"""What ``%%subinterp`` adds to a cell's round trip through the Jupyter protocol."""

from __future__ import annotations

from collections.abc import Iterator

from live_kernel import LiveKernel
from side_by_side import Figure, Samples, interleave, median, run

CELL = "x = 1"
ROUNDS = 300
TICKER = """
import asyncio
async def tick():
    while True: await asyncio.sleep(0.005)
task = asyncio.create_task(tick())
"""


def measure() -> Iterator[Figure]:
    with LiveKernel("subinterp") as kernel:
        contenders = {
            "%%subinterp": lambda: kernel.seconds_of(f"%%subinterp a\n{CELL}"),
            "plain": lambda: kernel.seconds_of(CELL),
            "%%capture": lambda: kernel.seconds_of(f"%%capture\n{CELL}"),
        }
        samples = interleave(contenders, ROUNDS)
        yield added(samples, "%%subinterp", at_most=1.0)
        yield added(samples, "%%capture")  # IPython's own nested cell, in main: without another interpreter
        yield beside_a_task(kernel)
        with LiveKernel("python3") as python3:
            contenders = {
                "kernel subinterp": lambda: kernel.seconds_of(CELL),
                "kernel python3": lambda: python3.seconds_of(CELL),
            }
            yield from both_kernels(interleave(contenders, ROUNDS))


def added(samples: Samples, magic: str, at_most: float | None = None) -> Figure:
    """Compare the medians of the magic's cells and of plain ones in one kernel."""
    inside, plain = (median(samples[name]) * 1e3 for name in (magic, "plain"))
    note = f"medians of {ROUNDS}: {inside:.2f} - {plain:.2f} ms"
    return Figure(f"{magic} cell {CELL!r} - plain cell", inside - plain, "ms", at_most=at_most, note=note)


def beside_a_task(kernel: LiveKernel) -> Figure:
    """Compare interpreters with and without an asyncio task that goes on between cells."""
    kernel.seconds_of(f"%%subinterp ticking\n{TICKER}")
    contenders = {
        "ticking": lambda: kernel.seconds_of(f"%%subinterp ticking\n{CELL}"),
        "still": lambda: kernel.seconds_of(f"%%subinterp a\n{CELL}"),
    }
    samples = interleave(contenders, ROUNDS)
    ticking, still = (median(samples[name]) * 1e3 for name in ("ticking", "still"))
    note = f"medians of {ROUNDS}: {ticking:.2f} - {still:.2f} ms"
    return Figure("the same beside an asyncio task - without one", ticking - still, "ms", at_most=1.0, note=note)


def both_kernels(samples: Samples) -> Iterator[Figure]:
    """Show what a plain cell takes here and in ipykernel's own kernel."""
    for name, values in samples.items():
        yield Figure(f"plain cell {CELL!r}, {name}", median(values) * 1e3, "ms", note=f"median of {ROUNDS}")


if __name__ == "__main__":
    run(measure)
