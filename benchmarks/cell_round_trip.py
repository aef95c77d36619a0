"""What ``%%subinterp`` adds to a cell's round trip through the Jupyter protocol."""

from __future__ import annotations

from collections.abc import Iterator

from live_kernel import LiveKernel
from side_by_side import Figure, interleave, median, run

CELL = "x = 1"
ROUNDS = 300


def measure() -> Iterator[Figure]:
    with LiveKernel("subinterp") as kernel, LiveKernel("python3") as plain_kernel:
        contenders = {
            "in an interpreter": lambda: kernel.seconds_of(f"%%subinterp a\n{CELL}"),
            "in main": lambda: kernel.seconds_of(CELL),
            "in kernel python3": lambda: plain_kernel.seconds_of(CELL),
        }
        samples = interleave(contenders, ROUNDS)
    milliseconds = {name: median(values) * 1e3 for name, values in samples.items()}
    added = milliseconds["in an interpreter"] - milliseconds["in main"]
    note = f"medians of {ROUNDS}: {milliseconds['in an interpreter']:.2f} - {milliseconds['in main']:.2f} ms"
    yield Figure(f"%%subinterp cell {CELL!r} - plain cell", added, "ms", at_most=1.0, note=note)
    for name in ("in main", "in kernel python3"):
        yield Figure(f"plain cell {CELL!r} {name}", milliseconds[name], "ms", note="median")


if __name__ == "__main__":
    run(measure)
