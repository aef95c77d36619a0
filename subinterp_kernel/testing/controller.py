"""The plugin of the outer pytest: lets child processes run the tests, and reports what they tell."""

from __future__ import annotations

import os

import pytest

from subinterp_kernel.testing import crashes, last_failed
from subinterp_kernel.testing.arguments import inner_arguments
from subinterp_kernel.testing.child_process import ChildProcess
from subinterp_kernel.testing.ctrl_c import held_ctrl_c
from subinterp_kernel.testing.event_handlers import EventHandlers
from subinterp_kernel.testing.interpreter_run import InterpreterRun

__all__ = ["Controller"]


class Controller:
    """Hooks of the pytest that the user has started.

    Parameters
    ----------
    config : pytest.Config
        Its configuration.
    count : int
        The number of interpreters.
    """

    def __init__(self, config: pytest.Config, count: int) -> None:
        self._config = config
        self._count = count
        self._collection_errors = 0
        self._extensions: str = config.getoption("subinterp_extensions")
        self._runs = [InterpreterRun(number, f"@{number}" if count > 1 else "") for number in range(1, count + 1)]

    def pytest_report_header(self) -> str:
        """Show in what the tests run."""
        interpreters = "1 interpreter" if self._count == 1 else f"{self._count} interpreters"
        return f"subinterp: {interpreters}, extensions: {self._extensions}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool:
        """Collect nothing: the interpreters do."""
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the suite in child processes, the next one if one has crashed."""
        handlers = EventHandlers(session, self._runs)
        left = self._runs
        while left:
            child = self._start(left)
            try:
                self._follow(child, handlers)
            finally:
                child.end()
            self._raise_if_over(session, handlers)
            left = self._after_end(session, child, left)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Correct pytest's cache, where ids must be those that the next run collects."""
        if self._count > 1:
            last_failed.remove_numbers(self._config, self._runs)

    def _start(self, runs: list[InterpreterRun]) -> ChildProcess:
        for run in runs:
            run.begin()
        configuration = {
            "count": self._count,
            "extensions": self._extensions,
            "arguments": {run.number: inner_arguments(self._config, run.number, self._count) for run in runs},
            "done": {run.number: list(run.done) for run in runs},
        }
        folder = os.fspath(self._config.invocation_params.dir)
        return ChildProcess([run.number for run in runs], folder, configuration)

    def _follow(self, child: ChildProcess, handlers: EventHandlers) -> None:
        """Report what the child process tells until it has ended."""
        try:
            with held_ctrl_c(child.ctrl_c):
                handlers.handle_all(child)
        except KeyboardInterrupt:
            child.interrupt()
            handlers.handle_all(child)
            raise

    def _raise_if_over(self, session: pytest.Session, handlers: EventHandlers) -> None:
        """Raise what ends the session if an interpreter, or the number of failures, has ended it."""
        if handlers.ending is not None:
            raise handlers.ending
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)

    def _after_end(
        self, session: pytest.Session, child: ChildProcess, runs: list[InterpreterRun]
    ) -> list[InterpreterRun]:
        """Report a crash; return the interpreters that must go on in a new process."""
        if child.returncode == 0 and all(run.has_finished for run in runs):
            self._raise_collection_errors(session)
            return []
        crashes.report(self._config, child.returncode or 0, runs)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        self._raise_collection_errors(session)
        if not all(run.has_collected for run in runs):
            raise session.Interrupted("the tests could not be collected")
        return [run for run in runs if not run.is_complete()]

    def _raise_collection_errors(self, session: pytest.Session) -> None:
        failed = self._collection_errors
        if failed and not self._config.getoption("continue_on_collection_errors"):
            raise session.Interrupted(f"{failed} error{'s' if failed != 1 else ''} during collection")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count the files that could not be collected."""
        self._collection_errors += report.failed
