"""Shows the events of one cell through IPython's shell, in a terminal and in a kernel."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.messaging import protocol
from subinterp_kernel.notebook.output.grouping import WhileRunning

__all__ = ["Relay", "parent_of"]


def parent_of(shell: InteractiveShell) -> dict[str, Any] | None:
    """Return the message that the notebook runs now; None in a terminal."""
    get_parent = getattr(shell, "get_parent", None)
    return None if get_parent is None else get_parent()


class Relay:
    """A sink (see :mod:`subinterp_kernel.messaging.event_reader`) for the cell that the notebook runs now.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's shell.

    Notes
    -----
    It is called on the event reader's thread. Events go through the shell's own streams, publisher and display hook, so
    that ``%%capture``, output widgets and frontends treat them like output of the main interpreter. ipykernel's
    thread-local parent header assigns them to their cell, also after that cell has ended.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._parent = parent_of(shell)
        self._show: dict[int, Callable[[bytes], None]] = {
            protocol.STDOUT: self._stdout,
            protocol.STDERR: self._stderr,
            protocol.DISPLAY: self._display,
            protocol.CLEAR_OUTPUT: self._clear_output,
            protocol.RESULT: self._result,
            protocol.ERROR: self._error,
            protocol.PAYLOAD: self._payload,
            protocol.FLUSH: self._flush,
            protocol.PROGRESS: lambda _payload: None,  # only jobs display it
        }

    def __call__(self, kind: int, payload: bytes) -> None:
        """Show one event."""
        with self._as_output_of_its_cell():
            self._show[kind](payload)

    @property
    def session(self) -> str:
        """The session of the frontend that sent the cell; empty in a terminal."""
        return "" if self._parent is None else str(self._parent.get("header", {}).get("session", ""))

    def while_running(self, body: str) -> WhileRunning:
        """Return what may be shown of a cell with this body before it ends: see :data:`WhileRunning`."""
        if isinstance(self._shell.display_pub, CapturingDisplayPublisher):
            return "captured"
        if self._parent is None:
            return "final"  # in a terminal
        if not hasattr(sys.stdout, "pub_thread"):
            return "captured"  # by redirect_stdout
        # Other output of the notebook's cell must not be cleared with ours.
        cell = self._parent.get("content", {}).get("code", "").strip()
        before = cell.removesuffix(body.strip())
        is_whole_cell = len(before) + len(body.strip()) == len(cell)
        return "replaceable" if is_whole_cell and _only_magics(before) else "final"

    @contextlib.contextmanager
    def _as_output_of_its_cell(self) -> Iterator[None]:
        if self._parent is None or not hasattr(self._shell, "set_thread_parent"):
            yield
            return
        tokens = self._shell.set_thread_parent(self._parent)
        try:
            yield
        finally:
            self._shell.reset_thread_parent(tokens)

    def _stdout(self, payload: bytes) -> None:
        sys.stdout.write(payload.decode("utf-8", "replace"))

    def _stderr(self, payload: bytes) -> None:
        sys.stderr.write(payload.decode("utf-8", "replace"))

    def _display(self, payload: bytes) -> None:
        content = json.loads(payload)
        self._shell.display_pub.publish(
            content["data"], content["metadata"], transient=content["transient"], update=content["update"]
        )

    def _clear_output(self, payload: bytes) -> None:
        self._shell.display_pub.clear_output(wait=json.loads(payload)["wait"])

    def _result(self, payload: bytes) -> None:
        content = json.loads(payload)
        sys.stdout.flush()
        hook: Any = self._shell.displayhook
        if hasattr(sys.displayhook, "outputs"):  # %%capture is active
            sys.displayhook.outputs.append({"data": content["data"], "metadata": content["metadata"]})
            return
        hook.start_displayhook()
        hook.write_output_prompt()
        hook.write_format_data(content["data"], content["metadata"])
        hook.finish_displayhook()

    def _error(self, payload: bytes) -> None:
        content = json.loads(payload)
        ename, evalue, lines = content["error"]
        self._shell._showtraceback(type(ename, (Exception,), {}), evalue, lines)
        if content["in_result"] and hasattr(self._shell, "_last_traceback_during_displayhook"):
            self._shell._last_traceback_during_displayhook = True  # ipykernel reports it in its reply

    def _payload(self, payload: bytes) -> None:
        content = json.loads(payload)
        if hasattr(self._shell, "kernel"):
            self._shell.payload_manager.write_payload(content)
        elif content["source"] == "page":  # in a terminal, whose pager can only run on the main thread
            self._shell.display_pub.publish(content["data"])

    def _flush(self, payload: bytes) -> None:
        (sys.stderr if int(payload) == protocol.STDERR else sys.stdout).flush()


def _only_magics(lines: str) -> bool:
    return all(line.startswith(("%%", "#")) for line in lines.splitlines() if line)
