"""``Interpreter.exec("x = 1")`` beside a bare hand-over between two C++ threads, and beside the standard library's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from side_by_side import STDLIB_MISSING, Figure, Samples, best, interleave, median, run, seconds_per_call

import subinterp_kernel

SOURCE = "x = 1"
ROUNDS = 200
CALLS = 100  # a batch of few milliseconds: some batches of each contender are free of other processes' time slices
PAUSE = 0.001

YARDSTICK = Path(__file__).with_name("condvar_pingpong.cpp")


def load_condvar(folder: str) -> Callable[[int], float]:
    """Compile the yardstick and return its function: rounds -> seconds per round trip."""
    library = Path(folder, "condvar_pingpong.so")
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    options = ["-O2", "-std=c++17", "-shared", "-fPIC", "-pthread"]
    subprocess.run([*compiler, *options, "-o", str(library), str(YARDSTICK)], check=True)
    function = ctypes.CDLL(str(library)).condvar_round_trip_seconds
    function.argtypes, function.restype = [ctypes.c_int], ctypes.c_double
    return function


def compile_and_run(namespace: dict[str, Any]) -> None:
    """Do in this interpreter what ``exec`` does in the other."""
    exec(compile(SOURCE, "<exec>", "exec", dont_inherit=True), namespace)


def on_another_thread(contender: Callable[[], float]) -> float:
    """Measure a contender on a thread that is not the process's main one."""
    seconds: list[float] = []
    thread = threading.Thread(target=lambda: seconds.append(contender()))
    thread.start()
    thread.join()
    return seconds[0]


def after_a_pause(call: Callable[[], None]) -> float:
    """Measure one call when both threads have gone to sleep."""
    time.sleep(PAUSE)
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure() -> Iterator[Figure]:
    namespace: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, subinterp_kernel.create() as interpreter:
        condvar = load_condvar(folder)
        ours = seconds_per_call(lambda: interpreter.exec(SOURCE), CALLS)
        contenders = {
            "exec": ours,
            "exec, thread": lambda: on_another_thread(ours),
            "exec, pause": lambda: after_a_pause(lambda: interpreter.exec(SOURCE)),
            "condvar": lambda: condvar(CALLS),
            "compile": seconds_per_call(lambda: compile_and_run(namespace), CALLS),
        }
        samples = interleave(contenders, ROUNDS)
        yield beside_condvar(samples)
        yield from information(samples)
        if sys.version_info >= (3, 14):
            from concurrent import interpreters

            with contextlib.closing(interpreters.create()) as peer:
                yield from beside_stdlib(ours, seconds_per_call(lambda: peer.exec(SOURCE), CALLS // 2))
        else:
            yield Figure("stdlib exec / ours, from the main thread", None, "x", note=STDLIB_MISSING)


def beside_condvar(samples: Samples) -> Figure:
    """Compare the best batches; the bare hand-over's median swings with where the scheduler puts its two threads."""
    seconds = {name: best(values) * 1e6 for name, values in samples.items()}
    ratio = seconds["exec"] / (seconds["condvar"] + seconds["compile"])
    note = "best of {} batches: {:.1f} / ({:.1f} + {:.1f}) µs; ratio of medians {:.2f}".format(
        ROUNDS, seconds["exec"], seconds["condvar"], seconds["compile"],
        median(samples["exec"]) / (median(samples["condvar"]) + median(samples["compile"])),
    )  # fmt: skip
    return Figure(f"exec {SOURCE!r} / (C condvar round trip + compile and eval)", ratio, "x", at_most=2.0, note=note)


def information(samples: Samples) -> Iterator[Figure]:
    """Show the median microseconds of the ways to call exec."""
    places = {
        "exec": "from the main thread",
        "exec, thread": "from another thread",
        "exec, pause": f"after {PAUSE * 1e3:g} ms of silence",
    }
    for name, place in places.items():
        yield Figure(f"exec {SOURCE!r} {place}", median(samples[name]) * 1e6, "µs", note="median")


def beside_stdlib(ours: Callable[[], float], theirs: Callable[[], float]) -> Iterator[Figure]:
    """Compare with ``concurrent.interpreters`` in the same process, on both kinds of threads."""
    contenders = {
        "ours, the main": ours,
        "theirs, the main": theirs,
        "ours, another": lambda: on_another_thread(ours),
        "theirs, another": lambda: on_another_thread(theirs),
    }
    samples = interleave(contenders, ROUNDS // 4)
    for thread, limit in (("the main", 3.0), ("another", None)):
        us, them = best(samples[f"ours, {thread}"]), best(samples[f"theirs, {thread}"])
        note = f"best batches: {them * 1e6:.1f} / {us * 1e6:.1f} µs"
        yield Figure(f"stdlib exec / ours, from {thread} thread", them / us, "x", at_least=limit, note=note)


if __name__ == "__main__":
    run(measure)
