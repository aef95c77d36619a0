"""A cell that runs in the background, as a future."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.messaging import event_reader, protocol
from subinterp_kernel.notebook.context import NotebookContext
from subinterp_kernel.notebook.errors import CellError, CompositeError
from subinterp_kernel.notebook.execution.cell_request import CellRequest
from subinterp_kernel.notebook.execution.cell_run import SHUTDOWN_POLL, CellRun
from subinterp_kernel.notebook.output.background_relay import BackgroundRelay
from subinterp_kernel.notebook.output.job_display import JobDisplay
from subinterp_kernel.notebook.output.recording import Recording
from subinterp_kernel.notebook.output.relay import Relay
from subinterp_kernel.notebook.stuck import EXPLAIN_AFTER, explain_interrupt

__all__ = ["Job"]

_LAST_TEXT = 8192  # bytes


class Job(Future[Any]):
    """A cell that runs in the background: a future of the value of its last expression.

    Parameters
    ----------
    context : NotebookContext
        The shell, whose current cell shows the output of the job.
    interpreters : list of Interpreter
        Where it runs.
    request : CellRequest
        The code and the options.
    number : int
        The number of the job.

    Attributes
    ----------
    number : int
        The number of the job in this notebook, from 1.
    names : list of str
        The interpreters that it runs in.
    code : str
        The body of the cell.
    progress : tuple of (float, str), or None
        The last progress report: the fraction that is done, and a text.

    Notes
    -----
    A ``concurrent.futures.Future`` that can also be awaited. ``result()`` is a copy of the last expression's value (of
    several interpreters, a list); it raises the cell's own error, or NotShareableError if the value cannot cross.
    All methods are thread-safe.
    """

    def __init__(
        self, context: NotebookContext, interpreters: list[Interpreter], request: CellRequest, number: int
    ) -> None:
        super().__init__()
        self.number = number
        self.code = request.body
        self.progress: tuple[float, str] | None = None
        self._context = context
        self._relay = BackgroundRelay(context.shell)
        self._recording = Recording(self._relay, self._on_progress)
        self._run = CellRun(context, interpreters, request, self._recording, "final")
        self.names = self._run.names
        self._subscribed = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._unfinished = len(self._run.targets)
        self._started_at = self._ended_at = 0.0
        self._final_state = ""
        self._error: Exception | None = None
        self._display = JobDisplay(self, context.shell, self._relay, context.scheduler)

    def __repr__(self) -> str:
        return f"<Job {self.number}: {self._display.text()}>"

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._display.html()}

    def __await__(self) -> Generator[Any, None, Any]:
        import asyncio

        return asyncio.wrap_future(self).__await__()

    # ----------------------------------------------------------------------------------------------------- its status

    @property
    def state(self) -> str:
        """One of ``queued``, ``running``, ``done``, ``failed``, ``stopped`` (by an interrupt), ``cancelled``."""
        if self.cancelled():
            return "cancelled"
        if self._ended_at:
            return self._final_state
        return "running" if self._started_at else "queued"

    @property
    def elapsed(self) -> float:
        """Seconds since it started, or for which it ran; 0 while it is queued."""
        return (self._ended_at or time.monotonic()) - self._started_at if self._started_at else 0.0

    @property
    def stdout(self) -> str:
        """What it has written to ``sys.stdout``; of more than 16 MiB of output, the end."""
        return self._recording.text(protocol.STDOUT)

    @property
    def stderr(self) -> str:
        """What it has written to ``sys.stderr``; of more than 16 MiB of output, the end."""
        return self._recording.text(protocol.STDERR)

    def last_text(self) -> str:
        """Return the end of what it has written to both streams, and its error in one line."""
        error = self._error
        end = f"\n{getattr(error, 'ename', type(error).__name__)}: {error}" if error is not None else ""
        return self._recording.last_text(_LAST_TEXT) + end

    def show(self) -> None:
        """Show the output of the job in the current cell."""
        relay = Relay(self._context.shell)
        for kind, payload in self._recording.events():
            relay(kind, payload)

    # ----------------------------------------------------------------------------------------------- start and control

    def start(self) -> None:
        """Show the job in the current cell and send it; it runs after what its interpreters have queued.

        Raises
        ------
        ClosedError
            An interpreter is closed.
        """
        event_reader.start()
        self._display.show()
        for target in self._run.targets:
            target.on_start, target.on_reply = self._on_start, self._on_reply
        self._subscribed.enter_context(self._run.subscribed())
        for target in self._run.targets:
            target.post()

    def abandon(self, error: BaseException) -> None:
        """End the job, because :meth:`start` has raised this exception, or a Stop came just before it."""
        self._subscribed.close()
        for target in self._run.targets:
            target.unsubscribe()
        self._run.stop()
        self._end(None, error if isinstance(error, Exception) else InterpreterError("the job was not sent"))

    def interrupt(self) -> None:
        """Cancel the job if it is queued, else raise KeyboardInterrupt in it. Does not wait until it ends."""
        if not self.cancel():
            self._run.stop()
            self._context.scheduler.call_later(EXPLAIN_AFTER, self._explain_if_stuck)

    def cancel(self) -> bool:
        """Withdraw the job if it has started nowhere; else return False."""
        if self._started_at or self.done():
            return self.cancelled()
        withdrawn = [target.withdraw() for target in self._run.targets]
        if not all(withdrawn):  # one has just started
            self._run.stop()
            return False
        return super().cancel() and self.set_running_or_notify_cancel() is False

    def result(self, timeout: float | None = None) -> Any:
        """Wait until the job ends; return a copy of the last expression's value, or raise the cell's error.

        Parameters
        ----------
        timeout : float, optional
            Seconds, after which TimeoutError is raised. The job goes on.
        """
        self.wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait until the job ends; return the exception that :meth:`result` would raise, or None."""
        self.wait(timeout)
        return super().exception(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job ends, while the kernel answers other requests; False after `timeout` seconds.

        Raises
        ------
        KeyboardInterrupt
            Stop was pressed. The job goes on.
        """
        if threading.current_thread() is not threading.main_thread():
            return bool(concurrent.futures.wait([self], timeout).done)
        end = None if timeout is None else time.monotonic() + timeout
        with self._context.while_waiting():
            while not self.done() and not self._context.shutting_down.is_set():
                left = SHUTDOWN_POLL if end is None else min(SHUTDOWN_POLL, end - time.monotonic())
                if left <= 0:
                    break
                concurrent.futures.wait([self], left)
        return self.done()

    def update_from_current_cell(self) -> None:
        """Publish the final status once more, from the cell that runs now; nothing before the job has ended."""
        self._display.update_from_current_cell()

    def frontend_connected(self, session: str) -> None:
        """Let the display go on in a page of another session than the job's cell; see :class:`JobDisplay`."""
        self._display.frontend_connected(session)

    def _explain_if_stuck(self) -> None:
        for name in self._run.stuck():
            self._relay(protocol.STDOUT, f"{explain_interrupt(name)}\n".encode())

    # ------------------------------------------------------------------------------ on the event reader's thread

    def _on_start(self) -> None:
        if not self._started_at and self.set_running_or_notify_cancel():
            self._started_at = time.monotonic()
            self._display.update()

    def _on_progress(self, fraction: float, text: str) -> None:
        self.progress = (fraction, text)
        self._display.update_soon()

    # ------------------------------------------------------------------------------------- on a callback thread

    def _on_reply(self) -> None:
        with self._lock:
            self._unfinished -= 1
            if self._unfinished:
                return
        self._subscribed.close()
        try:
            value, error, value_error = self._load()
        except BaseException as failure:  # noqa: BLE001 - unpickling runs user code
            value, value_error = None, None
            error = failure if isinstance(failure, Exception) else RuntimeError(repr(failure))
        self._end(value, error, value_error)

    def _load(self) -> tuple[Any, Exception | None, Exception | None]:
        """Bind the variables that the cell returns; return its value, its error, and the error of the value."""
        with self._run.ended():
            error = self._run.error()
            if error is not None:
                return None, error, None
            self._context.shell.push(self._run.load_outputs())
            try:
                return self._run.load_value(), None, None
            except Exception as missing:  # noqa: BLE001 - the cell has succeeded; only its value is missing
                return None, None, missing

    def _end(self, value: Any, error: Exception | None, value_error: Exception | None = None) -> None:
        self._ended_at = time.monotonic()
        self._started_at = self._started_at or self._ended_at
        self._final_state, self._error = _final_state(error), error
        if error is not None and not self.cancelled():
            self._relay.show_error(error)
        self._display.finish()  # before the future is done, so that a waiting cell finds the final status
        if not self.cancelled():
            error = error or value_error
            self.set_result(value) if error is None else self.set_exception(error)


def _final_state(error: Exception | None) -> str:
    if error is None:
        return "done"
    errors = error.errors.values() if isinstance(error, CompositeError) else [error]
    stopped = all(isinstance(each, CellError) and each.ename == "KeyboardInterrupt" for each in errors)
    return "stopped" if stopped else "failed"
