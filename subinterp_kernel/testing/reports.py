"""Makes what the controller's hooks take from what the interpreters have sent, and from what a crash has left."""

from __future__ import annotations

import builtins
import signal
import warnings
from typing import Any, Literal

import pytest

from subinterp_kernel.testing.interpreter_run import InterpreterRun
from subinterp_kernel.testing.numbered_ids import with_suffix

__all__ = ["collection_crash", "describe_end", "location_in", "report_from", "test_crash", "warning_from"]

type _Location = tuple[str, int | None, str]


def location_in(location: Any, suffix: str) -> _Location:
    """Return the location of a test in one of the interpreters."""
    path, line, domain = location
    return path, line, with_suffix(domain, suffix)


def report_from(config: pytest.Config, data: dict[str, Any], suffix: str) -> Any:
    """Return a report that an interpreter has sent, with the interpreter's number in the test's id."""
    data["nodeid"] = with_suffix(data["nodeid"], suffix)
    if data.get("location") is not None:
        data["location"] = location_in(data["location"], suffix)
    report = config.hook.pytest_report_from_serializable(config=config, data=data)
    if isinstance(report.longrepr, list):  # path, line and reason of a skip; pytest needs the tuple that it was
        report.longrepr = tuple(report.longrepr)
    return report


def warning_from(event: dict[str, Any], suffix: str) -> dict[str, Any]:
    """Return the arguments of ``pytest_warning_recorded`` for a warning that an interpreter has sent."""
    name = event["category"]
    category = getattr(builtins, name, None) or getattr(pytest, name, None) or type(name, (Warning,), {})
    message = warnings.WarningMessage(category(event["text"]), category, event["filename"], event["lineno"])
    location = tuple(event["location"]) if event["location"] else None
    nodeid = event["nodeid"] and with_suffix(event["nodeid"], suffix)
    return {"warning_message": message, "when": event["when"], "nodeid": nodeid, "location": location}


def describe_end(returncode: int) -> str:
    """Return how a process has ended, for example ``crashed with SIGSEGV``."""
    if returncode > 255:
        return f"crashed with status {returncode:#x}"  # Windows
    if returncode >= 0:
        return f"ended with status {returncode}, as by os._exit() or a time limit,"
    try:
        return f"crashed with {signal.Signals(-returncode).name}"
    except ValueError:
        return f"crashed with signal {-returncode}"


def test_crash(
    run: InterpreterRun, event: dict[str, Any], text: str, phase: Literal["call", "teardown"]
) -> pytest.TestReport:
    """Return the report of a test that ran when the process crashed; `event` has its id and location."""
    location = location_in(event["location"], run.suffix)
    return pytest.TestReport(with_suffix(event["nodeid"], run.suffix), location, {}, "failed", text, phase)


def collection_crash(nodeid: str, text: str) -> pytest.CollectReport:
    """Return the report of a file that was imported when the process crashed."""
    return pytest.CollectReport(nodeid, "failed", text, [])
