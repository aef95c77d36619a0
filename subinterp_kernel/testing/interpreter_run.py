"""How far the suite is in one interpreter."""

from __future__ import annotations

from typing import Any

__all__ = ["InterpreterRun"]

type _Event = dict[str, Any]


class InterpreterRun:
    """The suite in one interpreter, over all child processes that run a part of it.

    Parameters
    ----------
    number : int
        The number of the interpreter, from 1.
    suffix : str
        What is added to the ids of its tests; empty if there is only one interpreter.

    Attributes
    ----------
    ids : list of str or None
        The tests that it has collected; None before that.
    done : dict
        The ids of those that have ended, in this order; the values are their locations.
    running : dict or None
        The event with which the test that runs now has begun.
    held : list of dict
        What was not reported yet, because the test has not ended.
    collecting : str or None
        The file that is imported.
    last_phase : str or None
        The last phase of the running test that was reported: ``"setup"``, ``"call"`` or ``"teardown"``.
    """

    def __init__(self, number: int, suffix: str) -> None:
        self.number = number
        self.suffix = suffix
        self.ids: list[str] | None = None
        self.done: dict[str, Any] = {}
        self.running: _Event | None = None
        self.held: list[_Event] = []
        self.collecting: str | None = None
        self.last_phase: str | None = None
        self.begin()

    def begin(self) -> None:
        """Begin again, in a new child process."""
        self.has_session = self.started = False
        self.has_collected = False
        self.has_finished = False
        self.running = self.collecting = self.last_phase = None
        self.held = []

    def is_complete(self) -> bool:
        """Return whether no test is left to run."""
        return self.ids is not None and all(nodeid in self.done for nodeid in self.ids)

    def start(self, event: _Event) -> None:
        """Note that a test has begun."""
        self.running, self.last_phase, self.started = event, None, True

    def end(self) -> None:
        """Note that the running test has ended."""
        if self.running is not None:
            self.done[self.running["nodeid"]] = self.running["location"]
        self.running = None
