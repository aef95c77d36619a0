"""Runs cells in interpreters and waits for them: output, errors and Stop as for a cell of the main interpreter."""

from __future__ import annotations

import contextlib
import marshal
import threading
from contextlib import AbstractContextManager
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel import channel, protocol, replies
from subinterp_kernel.channel import Sink
from subinterp_kernel.errors import ExecutionFailed, InterpreterError
from subinterp_kernel.interpreter import Interpreter
from subinterp_kernel.notebook.questions import Questions
from subinterp_kernel.notebook.relay import Relay

__all__ = ["CellError", "CellRun", "run_cell", "stop_waiting", "wait_for"]

_LOOK = 0.2  # seconds between looks whether the kernel is shutting down

_shutting_down = threading.Event()


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


class CellRun:
    """One cell in one interpreter, until it has ended and everything is shown.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's shell, whose current cell shows the output.
    interpreter : Interpreter
        Where to run it.
    code : str
        The cell's body.
    show : callable, optional
        Takes the events of its output instead of the :class:`Relay` that shows them at once.

    Raises
    ------
    InterpreterError
        The interpreter is the main one.
    """

    def __init__(self, shell: InteractiveShell, interpreter: Interpreter, code: str, show: Sink | None = None) -> None:
        self.interpreter = interpreter
        self._worker = interpreter._live()
        # The prompt's number, so that Out[n] and tracebacks inside agree with the notebook.
        number = shell.displayhook.prompt_count
        payload = marshal.dumps((_encodable(code), number, True, False, shell.colors))
        self.request = self._worker.request(protocol.CELL, payload)
        self.questions = Questions(self.request.nudge, self._worker.answer)
        relay = Relay(shell, self.questions.add)
        self._sink: Sink = (
            relay if show is None else lambda kind, data: (relay if kind == protocol.ASK else show)(kind, data)
        )

    def __enter__(self) -> CellRun:
        channel.attach(self.request.id, self._worker.handle, self._sink)
        return self

    def __exit__(self, *exc_info: object) -> None:
        channel.detach(self.request.id, self._worker.handle)

    def error(self) -> Exception | None:
        """Return the error of the cell, which has ended: a CellError, or a UsageError of a magic.

        Raises
        ------
        ClosedError
            The interpreter was closed while the cell waited for its turn.
        """
        try:
            fields = replies.decode(self.request, self._worker)
        except ExecutionFailed as failed:  # Stop came before IPython had begun with the cell
            info = failed.excinfo
            fields = info.type.__name__, info.msg, [info.formatted], False
        return None if fields is None else _cell_error(*fields)


def run_cell(shell: InteractiveShell, interpreter: Interpreter, code: str) -> None:
    """Run a cell, relaying its output, until it has ended and everything is shown.

    Parameters
    ----------
    shell, interpreter, code
        As for :class:`CellRun`.

    Raises
    ------
    CellError
        The cell raised; a subclass named after the original class.
    ClosedError
        The interpreter is closed, or was while the cell waited for its turn.
    InterpreterError
        Stop was pressed twice, and the cell goes on regardless.
    """
    with CellRun(shell, interpreter, code) as run:
        wait_for(shell, [run])
        error = run.error()
    if error is not None:
        raise error


def stop_waiting() -> None:
    """Let every :func:`run_cell` return soon, because the kernel is shutting down."""
    _shutting_down.set()


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
    ClosedError, InterpreterError
        As for :func:`run_cell`.
    """
    interrupted = False
    with _kernel_answers_meanwhile(shell):
        while True:
            try:
                _post_and_wait(runs)
            except KeyboardInterrupt:
                runs[:] = [run for run in runs if run.request.posted]
                if not runs:
                    raise
                _interrupt([run.interpreter for run in runs if not run.request.done()], again=interrupted)
                interrupted = True
            else:
                return


def _post_and_wait(runs: list[CellRun]) -> None:
    for run in runs:
        if not run.request.posted:
            run.request.post()
    for run in runs:
        while not run.request.wait(_LOOK):
            for each in runs:
                each.questions.answer_all()
            if _shutting_down.is_set():
                raise InterpreterError(f"interpreter {run.interpreter.name!r} was busy when the kernel shut down")
        run.request.wait_shown()


def _interrupt(interpreters: list[Interpreter], *, again: bool) -> None:
    if again and interpreters:
        name = interpreters[0].name
        raise InterpreterError(
            f"interpreter {name!r} does not react to the interrupt (is it waiting in C code?): its cell goes on; "
            f"`%subinterp close {name}` leaves it behind"
        ) from None
    for interpreter in interpreters:
        interpreter.interrupt()


def _kernel_answers_meanwhile(shell: InteractiveShell) -> AbstractContextManager[Any]:
    kernel = getattr(shell, "kernel", None)
    waiting = getattr(kernel, "waiting_for_interpreter", None)
    return contextlib.nullcontext() if waiting is None else waiting()


def _encodable(code: str) -> str:
    # A frontend may send lone surrogates; Python source cannot have them.
    return code.encode("utf-8", "replace").decode()
