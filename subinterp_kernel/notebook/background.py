"""Output of cells in the background: kept, and shown under the cell that has started it, whatever runs meanwhile."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel import protocol
from subinterp_kernel.channel import Sink
from subinterp_kernel.notebook.relay import Relay

__all__ = ["BackgroundRelay", "Recording"]

_KEPT_BYTES = 16 << 20


class BackgroundRelay(Relay):
    """A relay for a cell that ends before its output does.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's shell.

    Notes
    -----
    Streams and publishers are those of the time when it was made: the shell may have others by the time it is used,
    because ``%%capture`` captures another cell. Nor does it touch the state that the display hook keeps of a cell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._streams: dict[int, Any] = {protocol.STDOUT: sys.stdout, protocol.STDERR: sys.stderr}
        self._publisher: Any = shell.display_pub
        self._number = shell.displayhook.prompt_count

    def publish(self, data: dict[str, Any], *, display_id: str, update: bool) -> None:
        """Publish or update one display, as an output of the job's own cell."""
        with self._as_output_of_its_cell():
            self._publisher.publish(data, {}, transient={"display_id": display_id}, update=update)

    def show_error(self, error: Exception) -> None:
        """Draw the error that has ended the job, unless it has done so itself."""
        if getattr(error, "drawn", False):
            return
        ename = getattr(error, "ename", type(error).__name__)
        lines = getattr(error, "lines", None) or [f"{ename}: {error}"]
        with self._as_output_of_its_cell():
            self._draw(ename, str(error), lines)

    @contextlib.contextmanager
    def _as_output_of_its_cell(self) -> Iterator[None]:
        # The shell does this for the streams and the publisher that it has now.
        with super()._as_output_of_its_cell(), contextlib.ExitStack() as stack:
            for each in (self._publisher, *self._streams.values()):
                if self._parent is not None and hasattr(each, "set_thread_parent"):
                    stack.callback(each.reset_thread_parent, each.set_thread_parent(self._parent))
            yield

    def _stdout(self, payload: bytes) -> None:
        self._streams[protocol.STDOUT].write(payload.decode("utf-8", "replace"))

    def _stderr(self, payload: bytes) -> None:
        self._streams[protocol.STDERR].write(payload.decode("utf-8", "replace"))

    def _flush(self, payload: bytes) -> None:
        self._streams[int(payload)].flush()

    def _display(self, payload: bytes) -> None:
        content = json.loads(payload)
        self._publisher.publish(
            content["data"], content["metadata"], transient=content["transient"], update=content["update"]
        )

    def _clear_output(self, payload: bytes) -> None:
        self._publisher.clear_output(wait=json.loads(payload)["wait"])

    def _result(self, payload: bytes) -> None:
        content = json.loads(payload)
        data = {"data": content["data"], "metadata": content["metadata"], "execution_count": self._number}
        if not self._send("execute_result", data):
            self._streams[protocol.STDOUT].write(f"Out[{self._number}]: {content['data'].get('text/plain', '')}\n")

    def _error(self, payload: bytes) -> None:
        ename, evalue, lines = json.loads(payload)["error"]
        self._draw(ename, evalue, lines)

    def _payload(self, payload: bytes) -> None:
        # A page has no reply to travel with: it becomes an output.
        content = json.loads(payload)
        if content["source"] == "page":
            self._publisher.publish(content["data"])

    def _draw(self, ename: str, evalue: str, lines: list[str]) -> None:
        if not self._send("error", {"ename": ename, "evalue": evalue, "traceback": lines}):
            self._streams[protocol.STDOUT].write("\n".join(lines) + "\n")

    def _send(self, kind: str, content: dict[str, Any]) -> bool:
        hook: Any = self._shell.displayhook
        if not getattr(hook, "session", None):
            return False  # a terminal
        for stream in self._streams.values():
            stream.flush()
        hook.session.send(hook.pub_socket, kind, content, parent=self._parent, ident=f"kernel.{kind}".encode())
        return True


class Recording:
    """A sink that keeps what it hands on, of very much the end.

    Parameters
    ----------
    show : callable
        The sink that gets each event.
    on_progress : callable
        Takes the fraction and the text of a progress report, which goes nowhere else.
    """

    def __init__(self, show: Sink, on_progress: Callable[[float, str], None]) -> None:
        self._show = show
        self._on_progress = on_progress
        self._events: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, kind: int, payload: bytes) -> None:
        """Keep one event and hand it on."""
        if kind == protocol.PROGRESS:
            report = json.loads(payload)
            self._on_progress(report["fraction"], report["text"])
            return
        with self._lock:
            self._events.append((kind, payload))
            self._bytes += len(payload)
            while self._bytes > _KEPT_BYTES and len(self._events) > 1:
                self._bytes -= len(self._events.popleft()[1])
        self._show(kind, payload)

    def events(self) -> list[tuple[int, bytes]]:
        """Return what is kept, oldest first."""
        with self._lock:
            return list(self._events)

    def text(self, stream: int) -> str:
        """Return what was written to a stream, named by its kind of event."""
        return b"".join(payload for kind, payload in self.events() if kind == stream).decode("utf-8", "replace")
