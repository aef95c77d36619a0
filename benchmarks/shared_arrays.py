"""``SharedArray``: handing one over, its elements and its slices, each beside what it should cost."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterator

from side_by_side import Figure, Samples, best, interleave, median, run, seconds_per_call

import subinterp_kernel
from subinterp_kernel import Interpreter, SharedArray

SMALL, LARGE = 1 << 10, 100 << 20  # bytes
DOUBLE = 8  # bytes

HAND_OVER_ROUNDS = 200
HAND_OVER_CALLS = 20
SIMPLE = "x = 1"
ONE_WRITE = "a[0] = 1.0"

ELEMENT_ROUNDS = 400
ELEMENTS = 5000  # in a batch of a fraction of a millisecond: some batches are free of other processes' time slices
VALUES = {"d": 1.5, "q": 1 << 40, "B": 200}

SLICE_ROUNDS = 100
SLICE_CALLS = 1000
COPY_ROUNDS = 15


def measure() -> Iterator[Figure]:
    small, large = SharedArray(SMALL // DOUBLE, "d"), SharedArray(LARGE // DOUBLE, "d")
    with subinterp_kernel.create() as interpreter:
        yield from hand_over(interpreter, small, large)
        yield from elements()
        yield from slices(small, large)
        yield from creation()


def bind_and_write(interpreter: Interpreter, array: SharedArray) -> None:
    """Give the array to the interpreter, which writes one element: two requests."""
    interpreter.prepare_main(a=array)
    interpreter.exec(ONE_WRITE)


def hand_over(interpreter: Interpreter, small: SharedArray, large: SharedArray) -> Iterator[Figure]:
    """Compare handing an array over with requests that carry nothing, and a large array with a small one."""
    calls: dict[str, Callable[[], object]] = {
        "exec": lambda: interpreter.exec(SIMPLE),
        "small": lambda: bind_and_write(interpreter, small),
        "large": lambda: bind_and_write(interpreter, large),
        "call": lambda: interpreter.call(operator.setitem, large, 0, 1.0),
    }
    contenders = {name: seconds_per_call(call, HAND_OVER_CALLS) for name, call in calls.items()}
    samples = interleave(contenders, HAND_OVER_ROUNDS)
    exec_us, large_us, call_us = (best(samples[name]) * 1e6 for name in ("exec", "large", "call"))
    middle = {name: median(values) * 1e6 for name, values in samples.items()}
    yield Figure(
        "100 MiB handed over, one element written, over 2 bare execs", large_us - 2 * exec_us, "µs", at_most=100,
        note=f"best: {large_us:.1f} - 2 * {exec_us:.1f} µs; of medians {middle['large'] - 2 * middle['exec']:.1f} µs",
    )  # fmt: skip
    yield Figure(
        "the same in one request, call(setitem, a, 0, 1.0), over 1", call_us - exec_us, "µs",
        note=f"best: {call_us:.1f} - {exec_us:.1f} µs; of medians {middle['call'] - middle['exec']:.1f} µs",
    )  # fmt: skip
    yield by_size("handed over and written, 100 MiB / 1 KiB", samples, 1e6, "µs")


def by_size(what: str, samples: Samples, scale: float, unit: str) -> Figure:
    """Compare the large with the small."""
    large, small = best(samples["large"]), best(samples["small"])
    note = "best: {:.3g} / {:.3g} {}; ratio of medians {:.2f}".format(
        large * scale, small * scale, unit, median(samples["large"]) / median(samples["small"])
    )
    return Figure(what, large / small, "x", at_most=1.3, note=note)


def get_elements(memory: SharedArray | memoryview, indices: range, _: object) -> float:
    """Read elements one by one and return the mean seconds of one."""
    begin = time.perf_counter()
    for index in indices:
        memory[index]
    return (time.perf_counter() - begin) / len(indices)


def set_elements(memory: SharedArray | memoryview, indices: range, value: object) -> float:
    """Write elements one by one and return the mean seconds of one."""
    begin = time.perf_counter()
    for index in indices:
        memory[index] = value
    return (time.perf_counter() - begin) / len(indices)


def elements() -> Iterator[Figure]:
    """Compare single elements with a memoryview's; what two memoryviews of one memory differ by is noise."""
    indices = range(ELEMENTS)
    accesses = {"a[i]": get_elements, "a[i] = x": set_elements}
    samples = {}
    for format, value in VALUES.items():
        array = SharedArray(ELEMENTS, format)
        array.fill(value)
        views = {"ours": array, "theirs": memoryview(array), "twin": memoryview(array)}
        for access, function in accesses.items():
            contenders = {
                name: lambda function=function, view=view, value=value: function(view, indices, value)
                for name, view in views.items()
            }
            samples[f"{access}, format {format!r}"] = interleave(contenders, ELEMENT_ROUNDS)
    noise = max(abs(best(series["twin"]) / best(series["theirs"]) - 1) for series in samples.values())
    for what, series in samples.items():
        us, them = best(series["ours"]), best(series["theirs"])
        note = "best: {:.1f} / {:.1f} ns; ratio of medians {:.2f}".format(
            us * 1e9, them * 1e9, median(series["ours"]) / median(series["theirs"])
        )
        yield Figure(f"{what} / memoryview's", us / them, "x", at_most=round(1 + noise, 3), note=note)
    yield Figure("noise: how far two memoryviews of one memory differ", noise * 100, "%", note="the limits allow it")


def slices(small: SharedArray, large: SharedArray) -> Iterator[Figure]:
    """Compare slices of a large array with those of a small one, and with a memoryview's."""
    view = memoryview(large)
    calls: dict[str, Callable[[], object]] = {
        "small": lambda: small[1:-1],
        "large": lambda: large[1:-1],
        "memoryview": lambda: view[1:-1],
    }
    contenders = {name: seconds_per_call(call, SLICE_CALLS) for name, call in calls.items()}
    samples = interleave(contenders, SLICE_ROUNDS)
    yield by_size("a[1:-1], 100 MiB / 1 KiB", samples, 1e9, "ns")
    us, them = best(samples["large"]), best(samples["memoryview"])
    note = f"best: {us * 1e9:.0f} / {them * 1e9:.0f} ns"
    yield Figure("a[1:-1] / memoryview's", us / them, "x", note=note)


def creation() -> Iterator[Figure]:
    """Show what it costs to make an array and to free it."""
    sizes = {"1 KiB": SMALL, "100 MiB": LARGE}
    contenders = {
        name: seconds_per_call(lambda nbytes=nbytes: SharedArray(nbytes // DOUBLE, "d"), SLICE_CALLS)
        for name, nbytes in sizes.items()
    }
    samples = interleave(contenders, COPY_ROUNDS)
    for name, values in samples.items():
        yield Figure(f"SharedArray of {name} made and freed", median(values) * 1e6, "µs", note="median; untouched")


if __name__ == "__main__":
    run(measure)
