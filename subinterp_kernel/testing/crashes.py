"""Reports the end of a child process that has crashed."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from subinterp_kernel.testing.interpreter_run import InterpreterRun
from subinterp_kernel.testing.numbered_ids import with_suffix
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
    for run in runs:
        if run.last_phase == "teardown":  # its last report was sent; only its end was not
            _complete(config, run)
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
    others = [with_suffix(each.running["nodeid"], each.suffix) for each in running if each.running and each is not run]
    if others:
        text += f" At the same time ran {', '.join(others)}. One of these tests is the cause."
    phase: Literal["call", "teardown"] = "teardown" if run.last_phase == "call" else "call"
    run.end()
    _show(config, run, test_crash(run, event, text, phase))


def _report_after(config: pytest.Config, run: InterpreterRun, end: str) -> None:
    nodeid = next(reversed(run.done))
    text = f"{end} after this test, while no test ran: for example while pytest or an interpreter ended."
    event = {"nodeid": nodeid, "location": run.done[nodeid]}
    _show(config, run, test_crash(run, event, text, "teardown"))


def _complete(config: pytest.Config, run: InterpreterRun) -> None:
    if run.running is not None:
        nodeid, location = (
            with_suffix(run.running["nodeid"], run.suffix),
            location_in(run.running["location"], run.suffix),
        )
        run.end()
        _show_held(config, run, nodeid, location)
        config.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)


def _show(config: pytest.Config, run: InterpreterRun, crash: pytest.TestReport) -> None:
    """Report a test: what was held, and its crash."""
    _show_held(config, run, crash.nodeid, crash.location)
    config.hook.pytest_runtest_logreport(report=crash)
    config.hook.pytest_runtest_logfinish(nodeid=crash.nodeid, location=crash.location)


def _show_held(config: pytest.Config, run: InterpreterRun, nodeid: str, location: tuple[str, int | None, str]) -> None:
    held, run.held = [event for event in run.held if event["event"] == "test_report"], []
    if run.suffix:
        config.hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
    for event in held:
        config.hook.pytest_runtest_logreport(report=report_from(config, event["report"], run.suffix))
