"""The plugin of the inner pytest: sends what happens to the controller, and does what the controller says."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest._io import TerminalWriter

from subinterp_kernel.shared.sync import Event
from subinterp_kernel.testing.events import EventWriter
from subinterp_kernel.testing.quiet_output import QuietTerminal, StartupStream

__all__ = ["Reporting"]

type _Location = tuple[str, int | None, str]


class Reporting:
    """Hooks of one interpreter's pytest.

    Parameters
    ----------
    number, count : int
        Which interpreter this is, from 1, and how many there are.
    writer : EventWriter
        Takes the events.
    done : frozenset of str
        The ids of the tests that have run before.
    go, finish : Event
        The tests may begin; no further test shall begin.
    startup : StartupStream
        Keeps errors until the session starts.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        number: int,
        count: int,
        writer: EventWriter,
        done: frozenset[str],
        go: Event,
        finish: Event,
        startup: StartupStream,
    ) -> None:
        self._number = number
        self._count = count
        self._send = writer.send
        self._done = done
        self._go = go
        self._finish = finish
        self._startup = startup
        self._terminal = QuietTerminal()

    # ---------------------------------------------------------------------------------------------------- start

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> None:
        # pytest's own plugins write no files (junitxml, the cache) and conftest files use resources of their own if this
        # attribute says that another process reports; pytest-xdist has introduced it.
        early_config.workerinput = {  # type: ignore[attr-defined]
            "workerid": f"subinterp{self._number}",
            "workercount": self._count,
        }
        if self._count > 1:
            # It belongs to the process, and the first interpreter that ends would turn it off: the child has enabled it.
            early_config.pluginmanager.unregister(name="faulthandler")

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter._tw = TerminalWriter(self._terminal)  # type: ignore[arg-type]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self._startup.pass_on()
        self._send("session_started")

    # ----------------------------------------------------------------------------------------------- collection

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        try:
            return (yield)
        except pytest.UsageError as error:
            self._send("usage_error", messages=list(map(str, error.args)))
            raise pytest.exit.Exception("usage error", returncode=pytest.ExitCode.USAGE_ERROR) from None

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        if isinstance(collector, pytest.File):
            self._send("collecting", nodeid=collector.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        yield
        items[:] = [item for item in items if item.nodeid not in self._done]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._send("deselected", ids=[item.nodeid for item in items])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None]:
        self._terminal.record()
        try:
            yield
        finally:
            text = self._terminal.end_record()
            self._send("collected", ids=[item.nodeid for item in session.items], text=text)
        self._go.wait()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._send("collect_report", report=self._serialized(report))

    # ---------------------------------------------------------------------------------------------------- tests

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        result = yield
        if self._finish.is_set():
            item.session.shouldstop = "the controller has stopped the run"
        return result

    def pytest_runtest_logstart(self, nodeid: str, location: _Location) -> None:
        self._send("test_start", nodeid=nodeid, location=location)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._send("test_report", report=self._serialized(report))

    def pytest_runtest_logfinish(self, nodeid: str, location: _Location) -> None:
        self._send("test_end", nodeid=nodeid, location=location)

    # --------------------------------------------------------------------------------------------------- others

    def pytest_plugin_registered(self, plugin: object) -> None:
        if isinstance(plugin, pytest.Session):
            self._hook = plugin.config.hook
            self._config = plugin.config

    def pytest_warning_recorded(
        self, warning_message: Any, when: str, nodeid: str, location: tuple[str, int, str] | None
    ) -> None:
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
        if isinstance(excinfo.value, pytest.exit.Exception):
            status = excinfo.value.returncode
            self._send("exit", reason=excinfo.value.msg, status=None if status is None else int(status))
        else:
            self._send("interrupted")

    def pytest_internalerror(self, excrepr: object) -> None:
        self._send("internal_error", text=str(excrepr))

    def _serialized(self, report: pytest.CollectReport | pytest.TestReport) -> Any:
        return self._hook.pytest_report_to_serializable(config=self._config, report=report)
