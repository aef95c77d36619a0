"""One cell in one interpreter: sent, waited for, stopped, and what has become of it."""

from __future__ import annotations

import contextlib
import marshal
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel import channel, protocol, replies, transfer
from subinterp_kernel.channel import Sink
from subinterp_kernel.errors import ExecutionFailed, InterpreterError, NotShareableError
from subinterp_kernel.interpreter import Interpreter
from subinterp_kernel.notebook.questions import Questions
from subinterp_kernel.replies import WithdrawnError

if TYPE_CHECKING:
    from subinterp_kernel.transfer import Pin

__all__ = ["CellError", "CellRun", "Outcome", "encodable", "kernel_answers_meanwhile", "stop_waiting", "wait_for"]

LOOK = 0.2  # seconds between looks whether the kernel is shutting down

_GAP_LOOKS = 100  # at a request that was taken out of the mailbox and has not begun, which lasts microseconds

shutting_down = threading.Event()


class CellError(Exception):
    """The error of a cell in another interpreter, with the traceback that was made there.

    What is raised is a subclass that has the name of the original exception's class, so that frontends show it as the
    cell's own error.
    """

    ename: str
    evalue: str
    lines: list[str]
    drawn = False  # it is on the screen already

    def _render_traceback_(self) -> list[str]:
        return self.lines


def _cell_error(ename: str, evalue: str, lines: list[str], drawn: bool = False) -> Exception:
    if ename == "UsageError":  # IPython shows these in one line
        return UsageError(evalue)
    error = type(ename, (CellError,), {"__module__": CellError.__module__})(evalue)
    error.ename, error.evalue, error.lines, error.drawn = ename, evalue, lines, drawn
    return error


class Outcome(NamedTuple):
    """What has become of a cell.

    Attributes
    ----------
    error : Exception or None
        A CellError, a UsageError, or what kept the cell from running.
    outputs : dict
        The variables that it gives back.
    value : object
        A copy of the last expression's, if it was asked for.
    value_error : NotShareableError or None
        Why `value` is missing.
    """

    error: Exception | None
    outputs: dict[str, Any] = {}  # noqa: RUF012 - never changed
    value: Any = None
    value_error: NotShareableError | None = None


class CellRun:
    """One cell in one interpreter, until it has ended and everything is shown.

    Parameters
    ----------
    interpreter : Interpreter
        Where to run it.
    order : CellOrder
        What to run.
    pins : iterable of shared objects
        Those in the order's variables.
    show : callable
        Takes the events of its output.
    time_limit : float, optional
        Seconds after its begin when it is interrupted.

    Raises
    ------
    InterpreterError
        The interpreter is the main one.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        order: protocol.CellOrder,
        pins: Iterable[Pin],
        show: Sink,
        *,
        time_limit: float | None = None,
    ) -> None:
        self.interpreter = interpreter
        self._worker = interpreter._live()
        announce = order.background or time_limit is not None
        self.request = self._worker.request(protocol.CELL, marshal.dumps(tuple(order)), pins, announce)
        self.questions = Questions(self.request.nudge, self._worker.answer)
        self._sink: Sink = lambda kind, data: self.questions.add(data) if kind == protocol.ASK else show(kind, data)
        self._time_limit = time_limit
        self._timer: threading.Timer | None = None
        self._timed_out = False

    def __enter__(self) -> CellRun:
        channel.attach(self.request.id, self._worker.handle, self._sink)
        if self._time_limit is not None:
            channel.expect_begin(self.request.id, self.begun)
        return self

    def __exit__(self, *exc_info: object) -> None:
        channel.detach(self.request.id, self._worker.handle)
        if self._timer is not None:
            self._timer.cancel()

    def begun(self) -> None:
        """Note that the interpreter has come to it: from now on its time counts."""
        if self._time_limit is not None:
            self._timer = threading.Timer(self._time_limit, self._time_out)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        """Take the cell back if it still waits for its turn, else raise KeyboardInterrupt in it."""
        for _ in range(_GAP_LOOKS):
            if self.request.withdraw():
                if not self.interpreter.is_running():
                    self.interpreter.interrupt()  # an asyncio task of an earlier cell kept it from its turn
                return
            if self.request.done() or self.request.interrupt():
                return
            time.sleep(0.001)

    def outcome(self) -> Outcome:
        """Return what has become of the cell, which has ended."""
        try:
            found: protocol.CellOutcome = replies.decode(self.request, self._worker)
            return self._outcome(found)
        except WithdrawnError:
            text = f"the cell was still waiting for its turn in interpreter {self.interpreter.name!r}"
            return Outcome(_cell_error("KeyboardInterrupt", text, [f"KeyboardInterrupt: {text}"]))
        except ExecutionFailed as failed:
            # Before the cell's own code ran: Stop came, or a variable could not be rebuilt there.
            if failed.excinfo.type.__name__ == "KeyboardInterrupt":
                return Outcome(
                    self._error("KeyboardInterrupt", "", ["KeyboardInterrupt: before the cell's first line"])
                )
            text = f"interpreter {self.interpreter.name!r} could not run the cell: {failed.excinfo.formatted}"
            return Outcome(UsageError(text))
        except InterpreterError as error:
            return Outcome(UsageError(str(error)))
        finally:
            self.request.release()

    def _outcome(self, found: protocol.CellOutcome) -> Outcome:
        if found.error is not None:
            return Outcome(self._error(*found.error))
        if found.outputs_problem:
            return Outcome(UsageError(f"interpreter {self.interpreter.name!r} {found.outputs_problem}"))
        return Outcome(
            None,
            transfer.loads(found.outputs) if found.outputs else {},
            transfer.loads(found.value) if found.value else None,
            NotShareableError(found.value_problem) if found.value_problem else None,
        )

    def _error(self, ename: str, evalue: str, lines: list[str], drawn: bool = False) -> Exception:
        if not self._timed_out or ename != "KeyboardInterrupt":
            return _cell_error(ename, evalue, lines, drawn)
        text = f"the cell has run for {self._time_limit:g} seconds, which was its limit, and was interrupted"
        return _cell_error("TimeoutError", text, [*lines, f"TimeoutError: {text}"])

    def _time_out(self) -> None:
        self._timed_out = True
        self.request.interrupt()


def stop_waiting() -> None:
    """Let every :func:`wait_for` return soon, because the kernel is shutting down."""
    shutting_down.set()


def wait_for(shell: InteractiveShell, runs: list[CellRun]) -> None:
    """Post cells and wait until all of them have ended; Stop reaches all.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's.
    runs : list of CellRun
        What could not be posted before Stop was pressed is removed from it.

    Raises
    ------
    ClosedError
        An interpreter is closed.
    InterpreterError
        Stop was pressed twice, and a cell goes on regardless.
    """
    interrupted = False
    with kernel_answers_meanwhile(shell):
        while True:
            try:
                _post_and_wait(runs)
            except KeyboardInterrupt:
                runs[:] = [run for run in runs if run.request.posted]
                if not runs:
                    raise
                _stop([run for run in runs if not run.request.done()], again=interrupted)
                interrupted = True
            else:
                return


def _post_and_wait(runs: list[CellRun]) -> None:
    for run in runs:
        if not run.request.posted:
            run.request.post()
    for run in runs:
        while not run.request.wait(LOOK):
            for each in runs:
                each.questions.answer_all()
            if shutting_down.is_set():
                raise InterpreterError(f"interpreter {run.interpreter.name!r} was busy when the kernel shut down")
        run.request.wait_shown()


def _stop(runs: list[CellRun], *, again: bool) -> None:
    if again and runs:
        name = runs[0].interpreter.name
        raise InterpreterError(
            f"interpreter {name!r} does not react to the interrupt (is it waiting in C code?): its cell goes on; "
            f"`%subinterp close {name}` leaves it behind"
        ) from None
    for run in runs:
        run.stop()


def kernel_answers_meanwhile(shell: InteractiveShell) -> AbstractContextManager[Any]:
    """Let the kernel answer questions while the calling thread waits; nothing where there is no kernel of ours."""
    kernel = getattr(shell, "kernel", None)
    waiting = getattr(kernel, "waiting_for_interpreter", None)
    return contextlib.nullcontext() if waiting is None else waiting()


def encodable(code: str) -> str:
    """Return the code without lone surrogates, which a frontend may send and Python source cannot have."""
    return code.encode("utf-8", "replace").decode()
