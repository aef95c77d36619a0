"""The output of several interpreters in the order of arrival, each line after the name of its interpreter."""

from __future__ import annotations

from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.event_reader import Sink
from subinterp_kernel.notebook.output.last_lines import last_state

__all__ = ["LabelledLines", "StreamSwitch"]

_LABELLED = frozenset({protocol.DISPLAY, protocol.RESULT, protocol.ERROR})


class StreamSwitch:
    """Shows events, and flushes one stream before the other is written, so that labels stay with what they label.

    Parameters
    ----------
    show : callable
        The sink that shows single events.
    """

    def __init__(self, show: Sink) -> None:
        self._show = show
        self._last = protocol.STDOUT

    def __call__(self, kind: int, payload: bytes) -> None:
        """Show one event."""
        if kind in (protocol.STDOUT, protocol.STDERR) and kind != self._last:
            self._show(protocol.FLUSH, str(self._last).encode())
            self._last = kind
        self._show(kind, payload)


class LabelledLines:
    """A sink for one interpreter: shows whole lines as they arrive, and progress bars as they change.

    Parameters
    ----------
    show : StreamSwitch
        What shows the events of all the interpreters.
    name : str
        The name of this one.
    bars : dict of int to int
        The length of the progress bar that ends each stream; shared by all the interpreters.
    """

    def __init__(self, show: StreamSwitch, name: str, bars: dict[int, int]) -> None:
        self._show = show
        self._label = f"[{name}]"
        self._bars = bars
        self._partial = {protocol.STDOUT: "", protocol.STDERR: ""}

    def __call__(self, kind: int, payload: bytes) -> None:
        """Show one event."""
        if kind in self._partial:
            self._add(kind, payload.decode("utf-8", "replace"))
            return
        if kind in _LABELLED:
            self.finish()
            self._write(protocol.STDOUT, "\n" if self._bars.pop(protocol.STDOUT, 0) else "")
            self._write(protocol.STDOUT, f"{self._label}\n")
        self._show(kind, payload)

    def finish(self) -> None:
        """Show the lines that do not end with a newline."""
        for kind, text in self._partial.items():
            if last_state(text).strip():
                self._write(kind, self._line(kind, text))
        self._partial = dict.fromkeys(self._partial, "")

    def _add(self, kind: int, text: str) -> None:
        *lines, rest = (self._partial[kind] + text).split("\n")
        shown = "".join(self._line(kind, line) for line in lines)
        if "\r" in rest:  # a progress bar, which the next one overwrites
            bar, end = last_state(rest), "\r" if rest.endswith("\r") else ""
            shown += self._bar(kind, bar)
            rest = f"\r{bar}{end}"
        self._partial[kind] = rest
        self._write(kind, shown)

    def _line(self, kind: int, line: str) -> str:
        before = self._bars.pop(kind, 0)
        text = f"{self._label} {last_state(line)}"
        return f"\r{text:{before}}\n" if before else f"{text}\n"

    def _bar(self, kind: int, bar: str) -> str:
        before = self._bars.get(kind, 0)
        text = f"{self._label} {bar}"
        self._bars[kind] = len(text)
        return f"\r{text:{before}}"

    def _write(self, kind: int, text: str) -> None:
        if text:
            self._show(kind, text.encode())
