"""What an interpreter costs to make and to end, beside its peers. Information only: nothing here has a limit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

from side_by_side import STDLIB_MISSING, Figure, interleave, median, run, seconds_per_call

import subinterp_kernel

ROUNDS = 20
STDLIB = "concurrent.interpreters create + close"


def contenders() -> dict[str, Callable[[], object]]:
    """Return what is compared, the stdlib only where it has interpreters."""
    calls: dict[str, Callable[[], object]] = {
        "create + close of a bare interpreter": lambda: subinterp_kernel.create().close(),
        "start and end of a Python process": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
    }
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        calls[STDLIB] = lambda: interpreters.create().close()
    return calls


def measure() -> Iterator[Figure]:
    samples = interleave({name: seconds_per_call(call, 1) for name, call in contenders().items()}, ROUNDS)
    for name, values in samples.items():
        yield Figure(name, median(values) * 1e3, "ms", note=f"median of {ROUNDS}")
    if STDLIB not in samples:
        yield Figure(STDLIB, None, "ms", note=STDLIB_MISSING)


if __name__ == "__main__":
    run(measure)
