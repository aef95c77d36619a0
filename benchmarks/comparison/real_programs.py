"""Speed-up of programs that people know; each answer is compared with that of the sequential run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import programs
from side_by_side import best, interleave

from comparison.contenders import SEQUENTIAL, WORKERS, open_pools
from comparison.failure import one_line
from comparison.tables import Table

__all__ = ["measure"]

ROUNDS = (1, 7)  # quick, and usually
SCALE = (0.1, 1.0)

NOTE = """The same functions and tasks for all: the time in one interpreter, without a pool, by the time in the pool,
whose workers are up already. Best of all rounds. Every answer was equal to the sequential one.
benchmarks/programs/ says how each program is cut into tasks."""


def measure(quick: bool) -> list[dict[str, Any]]:
    titles = [name.replace("_", " ") for name in programs.NAMES]
    options: dict[str, Any] = {"note": " ".join(NOTE.split()), "higher_is_better": True}
    table = Table("real_programs", f"Speed-up of real programs, {WORKERS} workers", "x", titles, **options)
    took = Table("real_programs_time", "The same in seconds", "s", titles, note="Best of all rounds.")
    with tempfile.TemporaryDirectory() as folder, open_pools() as pools:
        maps = {SEQUENTIAL: programs.sequentially, **{name: pool.map for name, pool in pools.items()}}
        for name, title in zip(programs.NAMES, titles, strict=True):
            program = programs.load(name)
            prepared = program.prepare(Path(folder), SCALE[not quick])
            runs, failed = checked(program, prepared, maps)
            samples = interleave(runs, ROUNDS[not quick])
            for contender, seconds in samples.items():
                table.put(contender, title, best(samples[SEQUENTIAL]) / best(seconds), seconds)
                took.put(contender, title, best(seconds), seconds)
            table.failures.update({f"{contender}, {title}": error for contender, error in failed.items()})
    return [table.as_json(), took.as_json()]


def checked(
    program: ModuleType, prepared: Any, maps: dict[str, Callable[..., Any]]
) -> tuple[dict[str, Callable[[], float]], dict[str, str]]:
    """Solve it everywhere once; return what times those with the right answer, and the errors of the others."""
    expected = program.solve(programs.sequentially, prepared)
    runs, failed = {}, {}
    for name, run_tasks in maps.items():
        try:
            answer = program.solve(run_tasks, prepared)
        except Exception as error:  # noqa: BLE001
            failed[name] = one_line(error)
            continue
        if answer != expected:
            failed[name] = "another answer than that of the sequential run"
            continue
        runs[name] = partial(timed, program, run_tasks, prepared, expected)
    return runs, failed


def timed(program: ModuleType, run_tasks: Callable[..., Any], prepared: Any, expected: Any) -> float:
    """Return the seconds of one run."""
    begin = time.perf_counter()
    answer = program.solve(run_tasks, prepared)
    seconds = time.perf_counter() - begin
    if answer != expected:
        raise ValueError(f"{program.__name__}: another answer than that of the sequential run")
    return seconds
