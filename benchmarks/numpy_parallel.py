"""NumPy in several interpreters at once, beside threads and processes, and what an import of it costs in each."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

import psutil
from side_by_side import Figure, Samples, best, interleave, median, run
from small_arrays import compute

import subinterp_kernel
from subinterp_kernel import Interpreter

WORKERS = 2
ROUNDS = 100
SERIES = 5  # at most, while the processes do not reach this speed-up: others have used the cores, then
FREE_MACHINE = 1.9

IMPORT_ROUNDS = 10
COPIES = 12
MIB = 1 << 20

TIMED_IMPORT = "import time; begin = time.perf_counter(); import numpy; seconds = time.perf_counter() - begin"


def measure() -> Iterator[Figure]:
    with ExitStack() as interpreters:  # one that was closed would leave its copies to the next
        yield memory(interpreters)
        yield imports(interpreters)
    again = best([import_with_old_copies() for _ in range(IMPORT_ROUNDS)]) * 1e3
    yield Figure("import numpy with the copies of a closed interpreter", again, "ms", note=f"best of {IMPORT_ROUNDS}")
    yield from speed_ups()


def all_at_once(submit: Iterable[Callable[..., Future[float]]]) -> float:
    """Start one computation with each of these; return the seconds until all have ended."""
    begin = time.perf_counter()
    for future in [start(compute) for start in submit]:
        future.result()
    return time.perf_counter() - begin


def speed_ups() -> Iterator[Figure]:
    """Compare how much two at once get done in the time of one."""
    with (
        subinterp_kernel.create() as one,
        subinterp_kernel.create() as two,
        ThreadPoolExecutor(WORKERS) as threads,
        ProcessPoolExecutor(WORKERS, get_context("spawn")) as processes,
    ):
        contenders = {
            **alone_and_at_once("interpreters", [one.submit, two.submit]),
            **alone_and_at_once("threads", [threads.submit] * WORKERS),
            **alone_and_at_once("processes", [processes.submit] * WORKERS),
        }
        samples = interleave(contenders, ROUNDS)
        for _ in range(SERIES - 1):
            if speed_up(samples, "processes") >= FREE_MACHINE:
                break
            for name, values in interleave(contenders, ROUNDS).items():
                samples[name] += values
    yield from compare(samples)


def alone_and_at_once(side: str, submit: list[Callable[..., Future[float]]]) -> dict[str, Callable[[], float]]:
    """Return the two contenders of one side."""
    return {f"{side}, one": lambda: all_at_once(submit[:1]), f"{side}, two": lambda: all_at_once(submit)}


def speed_up(samples: Samples, side: str) -> float:
    """Return how much more gets done with two at once than with one."""
    return WORKERS * best(samples[f"{side}, one"]) / best(samples[f"{side}, two"])


def compare(samples: Samples) -> Iterator[Figure]:
    """Show the speed-up of each side."""
    limits = {"interpreters": 1.85, "threads": None, "processes": None}
    for side, limit in limits.items():
        alone, at_once = (best(samples[f"{side}, {number}"]) * 1e3 for number in ("one", "two"))
        note = f"best of {len(samples[f'{side}, two'])}: one {alone:.1f} ms, two at once {at_once:.1f} ms"
        yield Figure(f"small-array NumPy, two {side} / one", speed_up(samples, side), "x", at_least=limit, note=note)


def imports(interpreters: ExitStack) -> Figure:
    """Compare the import in one more interpreter with that in a new process."""
    contenders = {"interpreter": lambda: import_in(another(interpreters)), "process": import_in_a_process}
    samples = interleave(contenders, IMPORT_ROUNDS)
    ours, theirs = (best(samples[name]) * 1e3 for name in contenders)
    note = f"best of {IMPORT_ROUNDS}: {ours:.0f} / {theirs:.0f} ms; ratio of medians {ratio_of_medians(samples):.2f}"
    return Figure("import numpy in one more interpreter / in a process", ours / theirs, "x", at_most=1.2, note=note)


def another(interpreters: ExitStack) -> Interpreter:
    """Return a new interpreter, which lives as long as the others."""
    return interpreters.enter_context(subinterp_kernel.create())


def ratio_of_medians(samples: Samples) -> float:
    """Return how long the import takes in an interpreter, relative to a process, in the usual case."""
    return median(samples["interpreter"]) / median(samples["process"])


def import_in(interpreter: Interpreter) -> float:
    """Import NumPy there; return the seconds that it took."""
    interpreter.exec(TIMED_IMPORT)
    seconds: float = interpreter.get("seconds")
    return seconds


def import_with_old_copies() -> float:
    """Import NumPy in an interpreter that takes the copies of one that was closed; return the seconds that it took."""
    with subinterp_kernel.create() as interpreter:
        return import_in(interpreter)


def import_in_a_process() -> float:
    """Import NumPy in a new process; return the seconds that it took."""
    command = [sys.executable, "-c", f"{TIMED_IMPORT}; print(seconds)"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def memory(interpreters: ExitStack) -> Figure:
    """Show by how much the import of NumPy increases the memory of an interpreter."""
    first, *others = (increase_by_import(another(interpreters)) / MIB for _ in range(COPIES + 1))
    note = f"median of {COPIES}, with the modules of the standard library; the first one {first:.1f} MiB"
    return Figure("memory of import numpy in one more interpreter", median(others), "MiB", at_most=12, note=note)


def increase_by_import(interpreter: Interpreter) -> int:
    """Return by how many bytes memory grows while NumPy is imported there."""
    before = memory_in_use()
    interpreter.exec("import numpy")
    return memory_in_use() - before


def memory_in_use() -> int:
    """Return the bytes of this process, and of files that exist in memory only, such as private copies.

    Pages of files on a disk are not counted: processes share them. The files in memory are those of the whole system.
    """
    anonymous = sum(mapping.anonymous for mapping in psutil.Process().memory_maps())
    shared: int = psutil.virtual_memory().shared
    return anonymous + shared


if __name__ == "__main__":
    run(measure)
