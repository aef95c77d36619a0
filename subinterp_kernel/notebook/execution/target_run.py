"""One cell in one interpreter: sent, stopped, and decoded when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from subinterp_kernel.errors import ExecutionFailed, InterpreterError
from subinterp_kernel.interpreters.interpreter import Interpreter, worker_of
from subinterp_kernel.messaging import event_reader, protocol, replies
from subinterp_kernel.messaging.cells import CellOutcome, ExecuteCell, RaisedError, usage_error
from subinterp_kernel.messaging.event_reader import Sink
from subinterp_kernel.messaging.replies import WithdrawnError
from subinterp_kernel.notebook.execution.stdin_requests import StdinRequests
from subinterp_kernel.notebook.scheduler import Scheduler, Timer

if TYPE_CHECKING:
    from subinterp_kernel.shared.serialization import Pin

__all__ = ["TargetRun"]


class TargetRun:
    """A cell on its way through one interpreter.

    Parameters
    ----------
    interpreter : Interpreter
        Where it runs.
    cell : ExecuteCell
        What runs.
    pins : iterable of shared objects
        Those in the variables of `cell`.
    show : callable
        The sink of its events.
    scheduler : Scheduler
        Runs the timer of the time limit.
    time_limit : float, optional
        Seconds after its start when it is interrupted.

    Attributes
    ----------
    interpreter : Interpreter
        The same.
    stdin : StdinRequests
        Its prompts.
    on_start, on_reply : callable, optional
        Called as :func:`subinterp_kernel.messaging.event_reader.subscribe` says. To be set before :meth:`subscribe`.

    Raises
    ------
    InterpreterError
        It is the main interpreter.
    """

    def __init__(  # noqa: PLR0913 - each is needed once
        self,
        interpreter: Interpreter,
        cell: ExecuteCell,
        pins: Iterable[Pin],
        show: Sink,
        *,
        scheduler: Scheduler,
        time_limit: float | None = None,
    ) -> None:
        self.interpreter = interpreter
        self.on_start: Callable[[], None] | None = None
        self.on_reply: Callable[[], None] | None = None
        self._worker = worker_of(interpreter)
        announce = not cell.allow_stdin or time_limit is not None
        self._request = self._worker.request(protocol.CELL, cell.encode(), pins, announce)
        self.stdin = StdinRequests(self._request.wake_waiter, self._worker.answer)
        self._show = show
        self._scheduler = scheduler
        self._time_limit = time_limit
        self._timer: Timer | None = None
        self._timed_out = False

    @property
    def posted(self) -> bool:
        """Whether it was sent."""
        return self._request.posted

    def done(self) -> bool:
        """Return whether it has ended."""
        return self._request.done()

    def subscribe(self) -> None:
        """Show its events from now on."""
        event_reader.subscribe(self._request, self._worker, self._sink, on_start=self._on_start, on_reply=self.on_reply)

    def unsubscribe(self) -> None:
        """End the subscription and the time limit."""
        event_reader.unsubscribe(self._request)
        if self._timer is not None:
            self._timer.cancel()

    def post(self) -> None:
        """Send it, or raise ClosedError."""
        self._request.post()

    def wait(self, timeout: float) -> bool:
        """Wait until it has ended; False after `timeout` seconds, or when it prompts for input."""
        return self._request.wait(timeout)

    def wait_shown(self) -> None:
        """Wait until all events that came before the end have been shown."""
        self._request.wait_shown()

    def withdraw(self) -> bool:
        """Take it back if it has not started; False if it has."""
        return self._request.withdraw()

    def stop(self) -> None:
        """Withdraw the cell if it is still queued, else raise KeyboardInterrupt in it."""
        self._request.stop()

    def outcome(self) -> CellOutcome:
        """Return how the cell, which has ended, ended. :meth:`release` must follow when its values are unpickled."""
        name = self.interpreter.name
        try:
            found: CellOutcome = replies.decode(self._request, self._worker)
        except WithdrawnError:
            return CellOutcome(_interrupted(f"the cell was still queued in interpreter {name!r}"))
        except ExecutionFailed as failed:
            # Before the cell's own code: it was interrupted, or a variable could not be unpickled.
            if failed.excinfo.type.__name__ == "KeyboardInterrupt":
                found = CellOutcome(_interrupted("before the first line of the cell"))
            else:
                text = f"the cell did not run, because a variable could not be copied into interpreter {name!r}: "
                text += failed.excinfo.formatted
                return CellOutcome(usage_error(text))
        except InterpreterError as error:
            return CellOutcome(usage_error(str(error)))
        if self._timed_out and found.error is not None and found.error.ename == "KeyboardInterrupt":
            return CellOutcome(self._timeout_error(found.error))
        return found

    def release(self) -> None:
        """Release the shared objects that the reply keeps alive."""
        self._request.release()

    def _sink(self, kind: int, payload: bytes) -> None:
        if kind == protocol.STDIN_REQUEST:
            self.stdin.add(payload)
        else:
            self._show(kind, payload)

    def _on_start(self) -> None:
        if self._time_limit is not None:
            self._timer = self._scheduler.call_later(self._time_limit, self._time_out)
        if self.on_start is not None:
            self.on_start()

    def _time_out(self) -> None:
        self._timed_out = True
        self._request.interrupt()

    def _timeout_error(self, interrupted: RaisedError) -> RaisedError:
        unit = "second" if self._time_limit == 1 else "seconds"
        text = f"the cell ran for {self._time_limit:g} {unit}, its time limit, and was interrupted"
        return RaisedError("TimeoutError", text, [*interrupted.traceback, f"TimeoutError: {text}"])


def _interrupted(text: str) -> RaisedError:
    return RaisedError("KeyboardInterrupt", text, [f"KeyboardInterrupt: {text}"])
