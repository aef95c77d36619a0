"""How long Tab takes in a ``%%subinterp`` cell, and in a plain one."""

from __future__ import annotations

from collections.abc import Iterator

from live_kernel import LiveKernel
from side_by_side import Figure, interleave, median, run

CODE = "import collections\ncollections.OrderedDict().move"
ROUNDS = 50


def measure() -> Iterator[Figure]:
    with LiveKernel("subinterp") as kernel:
        kernel.seconds_of("%%subinterp a\nimport collections")
        contenders = {
            "%%subinterp": lambda: kernel.seconds_to_complete(f"%%subinterp a\n{CODE}"),
            "plain": lambda: kernel.seconds_to_complete(CODE),
        }
        samples = interleave(contenders, ROUNDS)
    inside, plain = (median(samples[name]) * 1e3 for name in ("%%subinterp", "plain"))
    note = f"medians of {ROUNDS}: {inside:.1f} - {plain:.1f} ms"
    yield Figure("completion in a %%subinterp cell - in a plain cell", inside - plain, "ms", at_most=20.0, note=note)


if __name__ == "__main__":
    run(measure)
