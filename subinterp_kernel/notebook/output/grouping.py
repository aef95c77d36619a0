"""The output of one cell in several interpreters: arranged by interpreter, or shown in order with labels."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.event_reader import Sink
from subinterp_kernel.notebook.output.labelled_lines import LabelledLines, StreamSwitch
from subinterp_kernel.notebook.output.live_view import LiveView
from subinterp_kernel.notebook.scheduler import Scheduler

__all__ = ["GROUPS", "GroupedOutput", "WhileRunning"]

GROUPS = ("name", "type", "order")
"""By interpreter; by kind of output and then by interpreter; or not at all, in the order of arrival."""

WhileRunning = Literal["replaceable", "final", "captured"]
"""What is shown before the end: a view that the final output replaces; the final output; or nothing."""

_STREAMS = {protocol.STDOUT: "stdout", protocol.STDERR: "stderr"}
_OTHER = "output"

_Event = tuple[int, bytes]


class GroupedOutput:
    """Shows the events of a cell in one interpreter, or in several.

    Parameters
    ----------
    show : callable
        The sink that shows single events.
    names : list of str
        The names of the interpreters.
    group : str or None
        One of :data:`GROUPS`. None is ``"name"``, but ``"order"`` where what is shown is final.
    while_running : str
        One of :data:`WhileRunning`.
    scheduler : Scheduler
        Times the updates of the view.

    Attributes
    ----------
    sinks : list of callable
        One for each interpreter.
    """

    def __init__(
        self, show: Sink, names: list[str], group: str | None, while_running: WhileRunning, scheduler: Scheduler
    ) -> None:
        self._show = StreamSwitch(show)
        self._group = group or ("order" if while_running == "final" else "name")
        self._labelled: list[LabelledLines] = []
        self._collected: dict[str, list[_Event]] = {}
        self._view: LiveView | None = None
        self.sinks: list[Sink]
        if len(names) == 1:
            self.sinks = [show]
        elif self._group == "order":
            bars: dict[int, int] = {}
            self._labelled = [LabelledLines(self._show, name, bars) for name in names]
            self.sinks = [*self._labelled]
        else:
            self._view = LiveView(show, names, scheduler) if while_running == "replaceable" else None
            self._collected = {name: [] for name in names}
            self.sinks = [self._collector(name) for name in names]

    def finish(self) -> None:
        """Show what was collected."""
        for labelled in self._labelled:
            labelled.finish()
        if self._view is not None and self._view.finish():
            wait = any(self._collected.values())
            self._show(protocol.CLEAR_OUTPUT, json.dumps({"wait": wait}).encode())
        if self._group == "type":
            for kind_name in (*_STREAMS.values(), _OTHER):
                self._show_collected(f"{kind_name}:", _of_kind(self._collected, kind_name))
        else:
            self._show_collected("", self._collected)

    def _collector(self, name: str) -> Sink:
        events = self._collected[name]

        def collect(kind: int, payload: bytes) -> None:
            if kind == protocol.CLEAR_OUTPUT:
                events.clear()  # what this interpreter has shown, not what the others have
            elif kind != protocol.FLUSH:
                events.append((kind, payload))
            if self._view is not None:
                self._view.add(name, kind, payload)

        return collect

    def _show_collected(self, prefix: str, events: dict[str, list[_Event]]) -> None:
        for name, own_events in events.items():
            if own_events:
                self._show(protocol.STDOUT, f"[{prefix}{name}]\n".encode())
                _replay(self._show, own_events)


def _of_kind(events: dict[str, list[_Event]], kind_name: str) -> dict[str, list[_Event]]:
    return {
        name: [event for event in all_events if _STREAMS.get(event[0], _OTHER) == kind_name]
        for name, all_events in events.items()
    }


def _replay(show: Sink, events: Iterable[_Event]) -> None:
    last = (protocol.STDOUT, b"\n")
    for last in events:
        show(*last)
    if last[0] == protocol.STDOUT and not last[1].endswith(b"\n"):
        show(protocol.STDOUT, b"\n")  # the next heading starts a line
