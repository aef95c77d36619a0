"""The plugin of the inner pytest: sends what happens to the controller, and does what the controller says."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest._io import TerminalWriter

from subinterp_kernel.shared.sync import Event
from subinterp_kernel.testing.assignment import Assignment
from subinterp_kernel.testing.events import STOPPED, EventWriter
from subinterp_kernel.testing.quiet_output import QuietTerminal, StartupStream

__all__ = ["Reporting"]

type _Location = tuple[str, int | None, str]


class Reporting:
    """Hooks of one interpreter's pytest.

    Parameters
    ----------
    assignment : Assignment
        What this interpreter runs.
    writer : EventWriter
        Takes the events.
    go, finish : Event
        `go` starts the tests, `finish` ends the run before the next test.
    startup : StartupStream
        Keeps errors until the session starts.
    """

    def __init__(
        self, assignment: Assignment, writer: EventWriter, go: Event, finish: Event, startup: StartupStream
    ) -> None:
        self._assignment = assignment
        self._done = frozenset(assignment.done)
        self._send = writer.send
        self._go = go
        self._finish = finish
        self._startup = startup
        self._terminal = QuietTerminal()

    # ---------------------------------------------------------------------------------------------------- start

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> None:
        """Let plugins and conftest files know that another process reports."""
        # pytest-xdist has introduced this attribute. It says that another process reports: so pytest's own plugins
        # write no files (junitxml, the cache), and conftest files use resources of their own.
        early_config.workerinput = {  # type: ignore[attr-defined]
            "workerid": f"subinterp{self._assignment.number}",
            "workercount": self._assignment.count,
        }
        if self._assignment.count > 1:
            # It belongs to the process, and the first interpreter that ends would turn it off. main has enabled it.
            early_config.pluginmanager.unregister(name="faulthandler")

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Silence pytest's terminal reporter."""
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter._tw = TerminalWriter(self._terminal)  # type: ignore[arg-type]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Send that pytest could start."""
        self._startup.pass_on()
        self._send("session_started")

    # ----------------------------------------------------------------------------------------------- collection

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Send an error of the command line, such as a file that does not exist."""
        try:
            return (yield)
        except pytest.UsageError as error:
            self._send("usage_error", messages=list(map(str, error.args)))
            raise pytest.exit.Exception("usage error", returncode=pytest.ExitCode.USAGE_ERROR) from None

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Send which file is imported."""
        if isinstance(collector, pytest.File):
            self._send("collecting", nodeid=collector.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        """Leave out what has run before."""
        yield
        items[:] = [item for item in items if item.nodeid not in self._done]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Send what was not selected."""
        self._send("deselected", ids=[item.nodeid for item in items])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None]:
        """Send the tests, and wait until the others have collected the same."""
        self._terminal.record()
        try:
            yield
        finally:
            text = self._terminal.end_record()
            self._send("collected", ids=[item.nodeid for item in session.items], text=text)
        self._go.wait()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Send what could not be collected."""
        if not report.passed:
            self._send("collect_report", report=self._serialized(report))

    # ---------------------------------------------------------------------------------------------------- tests

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Stop after a test if the controller says so."""
        result = yield
        if self._finish.is_set():
            item.session.shouldstop = STOPPED
        return result

    def pytest_runtest_logstart(self, nodeid: str, location: _Location) -> None:
        """Send that a test begins."""
        self._send("test_start", nodeid=nodeid, location=location)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Send the report of a phase of a test."""
        self._send("test_report", report=self._serialized(report))

    def pytest_runtest_logfinish(self, nodeid: str, location: _Location) -> None:
        """Send that a test has ended."""
        self._send("test_end", nodeid=nodeid, location=location)

    # --------------------------------------------------------------------------------------------------- others

    def pytest_plugin_registered(self, plugin: object) -> None:
        """Note the session."""
        if isinstance(plugin, pytest.Session):
            self._hook = plugin.config.hook
            self._config = plugin.config

    def pytest_warning_recorded(
        self, warning_message: Any, when: str, nodeid: str, location: tuple[str, int, str] | None
    ) -> None:
        """Send a warning."""
        self._send(
            "warning",
            text=str(warning_message.message),
            category=warning_message.category.__name__,
            filename=warning_message.filename,
            lineno=warning_message.lineno,
            when=when,
            nodeid=nodeid,
            location=location,
        )

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[Any]) -> None:
        """Send why the session was interrupted."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            status = excinfo.value.returncode
            self._send("exit", reason=excinfo.value.msg, status=None if status is None else int(status))
        elif not isinstance(excinfo.value, pytest.Session.Interrupted):  # that is a stop, which has another event
            self._send("interrupted")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send why the session has stopped."""
        self._send("session_end", shouldfail=session.shouldfail, shouldstop=session.shouldstop)

    def pytest_internalerror(self, excrepr: object) -> None:
        """Send an internal error."""
        self._send("internal_error", text=str(excrepr))

    def _serialized(self, report: pytest.CollectReport | pytest.TestReport) -> Any:
        return self._hook.pytest_report_to_serializable(config=self._config, report=report)
