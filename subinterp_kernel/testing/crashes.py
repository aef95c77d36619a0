"""Reports the end of a child process that has crashed."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from subinterp_kernel.testing.interpreter_run import InterpreterRun
from subinterp_kernel.testing.reports import (
    collection_crash,
    describe_end,
    location_in,
    report_from,
    test_crash,
)

__all__ = ["report"]


def report(config: pytest.Config, returncode: int, runs: list[InterpreterRun]) -> None:
    """Report the crash as a failure of what has run: tests, or the import of files.

    Parameters
    ----------
    config : pytest.Config
        The configuration of the outer pytest.
    returncode : int
        That of the process.
    runs : list of InterpreterRun
        The interpreters of the process.

    Raises
    ------
    pytest.exit.Exception
        Nothing has run that could run without the others in a new process.
    """
    end = f"The process {describe_end(returncode)}"
    running = [run for run in runs if run.running is not None]
    collecting = [run for run in runs if run.collecting is not None]
    finished = [run for run in runs if run.done]
    if running:
        for run in running:
            _report_running(config, run, end, running)
    elif collecting:
        for run in collecting:
            text = f"{end} while it imported this file."
            config.hook.pytest_collectreport(report=collection_crash(f"{run.collecting}{run.suffix}", text))
    elif finished and any(run.started for run in runs):
        _report_after(config, finished[0], end)
    else:
        raise pytest.exit.Exception(f"{end} while no test ran", returncode=pytest.ExitCode.INTERNAL_ERROR)


def _report_running(config: pytest.Config, run: InterpreterRun, end: str, running: list[InterpreterRun]) -> None:
    event: dict[str, Any] = run.running or {}
    text = f"{end} while this test ran."
    others = [f"{other.running['nodeid']}{other.suffix}" for other in running if other.running and other is not run]
    if others:
        text += f" At the same time ran {', '.join(others)}. One of these tests is the cause."
    phase: Literal["call", "teardown"] = "teardown" if run.last_phase in {"call", "teardown"} else "call"
    run.end()
    _show(config, run, event["nodeid"], event["location"], text, phase)


def _report_after(config: pytest.Config, run: InterpreterRun, end: str) -> None:
    nodeid = next(reversed(run.done))
    text = f"{end} after this test, while no test ran: for example while pytest or an interpreter ended."
    _show(config, run, nodeid, run.done[nodeid], text, "teardown")


def _show(
    config: pytest.Config, run: InterpreterRun, nodeid: str, location: Any, text: str, phase: Literal["call", "teardown"]
) -> None:
    hook = config.hook
    name, place = nodeid + run.suffix, location_in(location, run.suffix)
    held, run.held = [event for event in run.held if event["event"] == "test_report"], []
    if run.suffix:
        hook.pytest_runtest_logstart(nodeid=name, location=place)
    for event in held:
        hook.pytest_runtest_logreport(report=report_from(config, event["report"], run.suffix))
    hook.pytest_runtest_logreport(report=test_crash(name, place, text, phase))
    hook.pytest_runtest_logfinish(nodeid=name, location=place)
