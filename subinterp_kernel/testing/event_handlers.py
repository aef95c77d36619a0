"""Gives the events of the interpreters to the hooks of the outer pytest."""

from __future__ import annotations

from typing import Any

import pytest

from subinterp_kernel.testing import collected_tests
from subinterp_kernel.testing.child_process import ChildProcess
from subinterp_kernel.testing.events import STOPPED
from subinterp_kernel.testing.interpreter_run import InterpreterRun
from subinterp_kernel.testing.numbered_ids import with_suffix
from subinterp_kernel.testing.reports import location_in, report_from, warning_from

__all__ = ["EventHandlers"]

type _Event = dict[str, Any]


class EventHandlers:
    """Handles events, one after the other.

    Parameters
    ----------
    session : pytest.Session
        The session of the outer pytest.
    runs : list of InterpreterRun
        All interpreters of this session.

    Attributes
    ----------
    ending : BaseException or None
        What must be raised when the child process has ended: an interpreter has ended the whole session.
    """

    def __init__(self, session: pytest.Session, runs: list[InterpreterRun]) -> None:
        self.ending: BaseException | None = None
        self._session = session
        self._config = session.config
        self._hook = session.config.hook
        self._runs = {run.number: run for run in runs}

    def handle_all(self, child: ChildProcess) -> None:
        """Handle the events of a child process until it has ended."""
        self._child = child
        self._active = [run for run in self._runs.values() if not run.is_complete()]
        self._has_begun = self._has_finish = False
        for number, event in child.events():
            getattr(self, f"_{event['event']}")(self._runs[number], event)
            if (self._session.shouldfail or self._session.shouldstop) and not self._has_finish:
                self._has_finish = True
                child.finish()

    # ------------------------------------------------------------------------------------- start and collection

    def _session_started(self, run: InterpreterRun, _event: _Event) -> None:
        run.has_session = True

    def _collecting(self, run: InterpreterRun, event: _Event) -> None:
        run.collecting = event["nodeid"]

    def _collect_report(self, run: InterpreterRun, event: _Event) -> None:
        self._hook.pytest_collectreport(report=report_from(self._config, event["report"], run.suffix))

    def _deselected(self, run: InterpreterRun, event: _Event) -> None:
        if run.ids is None:
            collected_tests.count_deselected(self._config, event["ids"])

    def _collected(self, run: InterpreterRun, event: _Event) -> None:
        run.has_collected, run.collecting = True, None
        if run.ids is None:
            run.ids = event["ids"]
            self._session.testscollected += len(event["ids"])
            if run.number == 1:
                collected_tests.show(self._config, event["text"], len(self._runs), len(event["ids"]))
        self._begin_when_all_have_collected()

    def _begin_when_all_have_collected(self) -> None:
        if self._has_begun or not all(run.has_collected or run.has_finished for run in self._active):
            return
        self._has_begun = True
        difference = collected_tests.difference(list(self._runs.values()))
        if difference is None:
            self._child.go()
        else:
            collected_tests.write(self._config, difference)
            self._fail("the interpreters have collected different tests")

    # ---------------------------------------------------------------------------------------------------- tests

    def _test_start(self, run: InterpreterRun, event: _Event) -> None:
        run.start(event)
        self._show_or_hold(run, event)

    def _test_report(self, run: InterpreterRun, event: _Event) -> None:
        run.last_phase = event["report"].get("when")
        self._show_or_hold(run, event)

    def _test_end(self, run: InterpreterRun, event: _Event) -> None:
        run.end()
        self._show_or_hold(run, event)
        self._show_held(run)

    def _show_or_hold(self, run: InterpreterRun, event: _Event) -> None:
        """Report at once; if other interpreters report, too, then all of a test together."""
        run.held.append(event)
        if not run.suffix:
            self._show_held(run)

    def _show_held(self, run: InterpreterRun) -> None:
        """Report what was held."""
        held, run.held = run.held, []
        for event in held:
            if event["event"] == "test_report":
                self._hook.pytest_runtest_logreport(report=report_from(self._config, event["report"], run.suffix))
                continue
            started = event["event"] == "test_start"
            hook = self._hook.pytest_runtest_logstart if started else self._hook.pytest_runtest_logfinish
            hook(nodeid=with_suffix(event["nodeid"], run.suffix), location=location_in(event["location"], run.suffix))

    # ----------------------------------------------------------------------------------------- warnings and ends

    def _warning(self, run: InterpreterRun, event: _Event) -> None:
        self._hook.pytest_warning_recorded.call_historic(kwargs=warning_from(event, run.suffix))

    def _start_failed(self, run: InterpreterRun, event: _Event) -> None:
        self._fail(f"interpreter {run.number} could not be made: {event['text']}")

    def _usage_error(self, _run: InterpreterRun, event: _Event) -> None:
        self._end(pytest.UsageError(*event["messages"]))

    def _exit(self, _run: InterpreterRun, event: _Event) -> None:
        self._end(pytest.exit.Exception(event["reason"], returncode=event["status"]))

    def _interrupted(self, _run: InterpreterRun, _event: _Event) -> None:
        if not self._child.is_ending:
            self._end(KeyboardInterrupt())

    def _session_end(self, _run: InterpreterRun, event: _Event) -> None:
        """Stop this session, too, for what has stopped the inner one: a plugin, for example."""
        if event["shouldfail"] and not self._session.shouldfail:
            self._session.shouldfail = event["shouldfail"]
        if event["shouldstop"] not in {False, STOPPED} and not self._session.shouldstop:
            self._session.shouldstop = event["shouldstop"]

    def _internal_error(self, run: InterpreterRun, event: _Event) -> None:
        if not self._child.is_ending:
            lines = [f"INTERNALERROR> {line}\n" for line in event["text"].splitlines()]
            collected_tests.write(self._config, "".join(lines))
            self._fail(f"internal error of pytest in interpreter {run.number}")

    def _finished(self, run: InterpreterRun, event: _Event) -> None:
        run.has_finished = True
        if not run.has_session and not self._child.is_ending:
            self._end(pytest.UsageError(_startup_message(run.number, event["text"])))
        self._begin_when_all_have_collected()

    def _fail(self, text: str) -> None:
        self._end(pytest.exit.Exception(text, returncode=pytest.ExitCode.INTERNAL_ERROR))

    def _end(self, ending: BaseException) -> None:
        if self.ending is None:
            self.ending = ending
            self._child.interrupt()


def _startup_message(number: int, text: str) -> str:
    message = f"pytest could not start in interpreter {number}:\n{text.strip()}"
    if "subinterpreters" in text or "GIL of their own" in text:
        message += "\n(-p no:NAME leaves out a plugin of pytest that cannot be loaded there)"
    return message
