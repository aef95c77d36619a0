"""Many small prints: what it costs that the main interpreter shows what a sub-interpreter prints."""

from __future__ import annotations

from collections.abc import Iterator

from live_kernel import LiveKernel
from side_by_side import Figure, interleave, median, run

PRINTS = 100_000
CELL = f"for i in range({PRINTS}): print(i)"
ROUNDS = 7


def measure() -> Iterator[Figure]:
    with LiveKernel("subinterp") as kernel:
        kernel.seconds_of("%%subinterp a\npass")
        contenders = {
            "%%subinterp": lambda: kernel.seconds_of(f"%%subinterp a\n{CELL}"),
            "plain": lambda: kernel.seconds_of(CELL),
        }
        samples = interleave(contenders, ROUNDS)
    inside, plain = (median(samples[name]) for name in ("%%subinterp", "plain"))
    note = f"medians of {ROUNDS}: {inside * 1e3:.0f} / {plain * 1e3:.0f} ms"
    yield Figure(
        f"{PRINTS:,} prints in a %%subinterp cell / in a plain cell", inside / plain, "x", at_most=3.0, note=note
    )


if __name__ == "__main__":
    run(measure)
