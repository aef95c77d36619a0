"""NumPy arrays and DataFrames of 100 MiB sent to another interpreter, beside one memcpy into fresh memory."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable, Iterator

import numpy
import pandas
from side_by_side import Figure, best, interleave, median, run, seconds_per_call

import subinterp_kernel
from subinterp_kernel import Interpreter

SIZE = 100 << 20  # bytes
DOUBLE = 8  # bytes
COLUMNS = 10
ROUNDS = 40
MEMCPY = "memcpy"


def measure() -> Iterator[Figure]:
    numbers = numpy.ones(SIZE // DOUBLE)
    frame = pandas.DataFrame({f"c{column}": numpy.ones(SIZE // DOUBLE // COLUMNS) for column in range(COLUMNS)})
    dates = numpy.ones(SIZE // DOUBLE, dtype="int64").view("datetime64[ns]")
    with subinterp_kernel.create() as interpreter:
        interpreter.exec("import pandas")
        interpreter.prepare_main(kept=numbers)
        yield from copies(interpreter, {"NumPy array": numbers, "DataFrame": frame, "datetime64 array": dates}, numbers)
        yield from returns(interpreter)


def copy_into_fresh_memory(numbers: numpy.ndarray) -> None:
    """Copy an array with one memcpy into memory that the system has to provide: NumPy asks it for huge pages."""
    copy = numpy.empty_like(numbers)
    ctypes.memmove(copy.ctypes.data, numbers.ctypes.data, numbers.nbytes)


def copies(interpreter: Interpreter, arguments: dict[str, object], numbers: numpy.ndarray) -> Iterator[Figure]:
    """Compare arguments, each copied once, with a memcpy of as many bytes."""
    calls: dict[str, Callable[[], object]] = {MEMCPY: lambda: copy_into_fresh_memory(numbers)}
    calls |= {name: lambda value=value: interpreter.call(len, value) for name, value in arguments.items()}
    samples = interleave({name: seconds_per_call(call, 1) for name, call in calls.items()}, ROUNDS)
    for name in arguments:
        us, them = best(samples[name]), best(samples[MEMCPY])
        medians = median(samples[name]) / median(samples[MEMCPY])
        note = f"best: {us * 1e3:.1f} / {them * 1e3:.1f} ms; ratio of medians {medians:.2f}"
        yield Figure(f"100 MiB {name} as an argument / memcpy", us / them, "x", at_most=1.3, note=note)


def returns(interpreter: Interpreter) -> Iterator[Figure]:
    """Compare a large array that returns, which is not copied, with a bare call."""
    calls: dict[str, Callable[[], object]] = {
        "array": lambda: interpreter.get("kept"),
        "call": lambda: interpreter.call(operator.neg, 1),
    }
    samples = interleave({name: seconds_per_call(call, 10) for name, call in calls.items()}, ROUNDS)
    us, them = best(samples["array"]) * 1e6, best(samples["call"]) * 1e6
    yield Figure("100 MiB NumPy array returned", us, "µs", at_most=1000, note=f"best; a bare call takes {them:.0f} µs")


if __name__ == "__main__":
    run(measure)
