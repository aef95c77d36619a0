"""Output of jobs, shown below the cell that started them, whatever cell runs meanwhile."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.messaging import protocol
from subinterp_kernel.notebook.output.relay import Relay

__all__ = ["BackgroundRelay"]


class BackgroundRelay(Relay):
    """A relay for a cell that ends before its output does.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's shell.

    Notes
    -----
    It uses the streams and the publisher that the shell had when the relay was made, because ``%%capture`` may replace
    them for another cell. It does not touch the state of the display hook, which belongs to the running cell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._streams: dict[int, Any] = {protocol.STDOUT: sys.stdout, protocol.STDERR: sys.stderr}
        self._publisher: Any = shell.display_pub
        self._number = shell.displayhook.prompt_count

    def publish(self, data: dict[str, Any], *, display_id: str, update: bool) -> None:
        """Publish or update one display, as output of the job's cell."""
        with self._as_output_of_its_cell():
            self._publisher.publish(data, {}, transient={"display_id": display_id}, update=update)

    def show_error(self, error: Exception) -> None:
        """Show the error that ended the job, unless the output has it already."""
        if getattr(error, "shown", False):
            return
        ename = getattr(error, "ename", type(error).__name__)
        lines = getattr(error, "lines", None) or [f"{ename}: {error}"]
        with self._as_output_of_its_cell():
            self._send_error(ename, str(error), lines)

    @contextlib.contextmanager
    def _as_output_of_its_cell(self) -> Iterator[None]:
        # The base class does this for the streams and the publisher that the shell has now.
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
        self._send_error(ename, evalue, lines)

    def _payload(self, payload: bytes) -> None:
        # A page has no reply to travel with: it becomes an output.
        content = json.loads(payload)
        if content["source"] == "page":
            self._publisher.publish(content["data"])

    def _send_error(self, ename: str, evalue: str, lines: list[str]) -> None:
        if not self._send("error", {"ename": ename, "evalue": evalue, "traceback": lines}):
            self._streams[protocol.STDOUT].write("\n".join(lines) + "\n")

    def _send(self, kind: str, content: dict[str, Any]) -> bool:
        hook: Any = self._shell.displayhook
        if not getattr(hook, "session", None):
            return False  # in a terminal
        for stream in self._streams.values():
            stream.flush()
        hook.session.send(hook.pub_socket, kind, content, parent=self._parent, ident=f"kernel.{kind}".encode())
        return True
