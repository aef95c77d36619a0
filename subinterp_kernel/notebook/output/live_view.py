"""What several interpreters print, shown while their cell runs: one display, with a part for each."""

from __future__ import annotations

import html
import json
import threading
import uuid

from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.event_reader import Sink
from subinterp_kernel.notebook.output.last_lines import last_lines_as_html
from subinterp_kernel.notebook.scheduler import Scheduler, Timer

__all__ = ["LiveView"]

_FIRST_AFTER = 0.5  # seconds after the first text; most cells have ended by then, and show only their final output
_AT_MOST_EVERY = 0.2  # seconds
_LINES = 40  # in all parts together
_LEAST_LINES = 3
_KEPT = 8192  # characters of each interpreter


class LiveView:
    """A display of the last lines of each interpreter, which is removed when the cell has ended. Thread-safe.

    Parameters
    ----------
    show : callable
        The sink that shows single events.
    names : list of str
        The names of the interpreters.
    scheduler : Scheduler
        Times the updates.

    Notes
    -----
    It is HTML without a plain text, so that consoles, which cannot update it, do not print it.
    """

    def __init__(self, show: Sink, names: list[str], scheduler: Scheduler) -> None:
        self._show = show
        self._scheduler = scheduler
        self._texts = dict.fromkeys(names, "")
        self._lines = max(_LEAST_LINES, _LINES // len(names))
        self._id = f"subinterp-live-{uuid.uuid4().hex}"
        self._lock = threading.Lock()
        self._timer: Timer | None = None
        self._displays: list[tuple[str, bytes]] = []
        self._is_shown = self._finished = False

    def add(self, name: str, kind: int, payload: bytes) -> None:
        """Show one event of an interpreter a moment later."""
        with self._lock:
            if kind in (protocol.STDOUT, protocol.STDERR):
                self._texts[name] = (self._texts[name] + payload.decode("utf-8", "replace"))[-_KEPT:]
            elif kind == protocol.CLEAR_OUTPUT:
                self._texts[name] = ""
            elif kind in (protocol.DISPLAY, protocol.RESULT):
                self._displays.append((name, payload))
            else:
                return
            if self._timer is None:
                delay = _AT_MOST_EVERY if self._is_shown else _FIRST_AFTER
                self._timer = self._scheduler.call_later(delay, self._update)

    def finish(self) -> bool:
        """Show no more; return whether something was shown."""
        with self._lock:
            self._finished = True
            if self._timer is not None:
                self._timer.cancel()
            return self._is_shown

    def _update(self) -> None:
        with self._lock:
            if self._finished:
                return
            self._timer = None
            self._publish({"text/html": self._html()}, {"display_id": self._id}, update=self._is_shown)
            self._is_shown = True
            displays, self._displays = self._displays, []
            for name, payload in displays:
                content = json.loads(payload)
                if not content.get("update"):
                    self._publish({"text/html": f"<pre>[{html.escape(name)}]</pre>"}, {})
                self._publish(content["data"], content.get("transient", {}), update=content.get("update", False))

    def _html(self) -> str:
        parts = ((html.escape(name), last_lines_as_html(text, self._lines)) for name, text in self._texts.items())
        return "".join(f"<pre>[{name}]\n{lines}</pre>" for name, lines in parts)

    def _publish(self, data: dict[str, object], transient: dict[str, str], *, update: bool = False) -> None:
        content = {"data": data, "metadata": {}, "transient": transient, "update": update}
        self._show(protocol.DISPLAY, json.dumps(content).encode())
