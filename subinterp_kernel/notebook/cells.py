"""Runs one cell in an interpreter and waits for it: output, errors and Stop as for a cell of the main interpreter."""

from __future__ import annotations

import contextlib
import marshal
import threading
from contextlib import AbstractContextManager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel import channel, protocol, replies
from subinterp_kernel.compiled import lifecycle
from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreter import Interpreter
from subinterp_kernel.notebook.questions import Questions
from subinterp_kernel.notebook.relay import Relay

__all__ = ["CellError", "run_cell", "stop_waiting"]

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

    def _render_traceback_(self) -> list[str]:
        return self.lines


def _cell_error(ename: str, evalue: str, lines: list[str]) -> CellError:
    error = type(ename, (CellError,), {"__module__": CellError.__module__})(evalue)
    error.ename, error.evalue, error.lines = ename, evalue, lines
    return error


def run_cell(shell: InteractiveShell, interpreter: Interpreter, code: str) -> None:
    """Run a cell, relaying its output, until it has ended and everything is shown.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's shell, whose current cell shows the output.
    interpreter : Interpreter
        Where to run it.
    code : str
        The cell's body.

    Raises
    ------
    CellError
        The cell raised; a subclass named after the original class.
    ClosedError
        The interpreter is closed, or was while the cell waited for its turn.
    InterpreterError
        Stop was pressed twice, and the cell goes on regardless.
    """
    worker = interpreter._live()
    # The prompt's number, so that Out[n] and tracebacks inside agree with the notebook.
    number = shell.displayhook.prompt_count
    payload = marshal.dumps((_encodable(code), number, True, False, shell.colors))
    request = worker.request(protocol.CELL, payload)
    questions = Questions(request.nudge, worker.answer)
    channel.attach(request.id, worker.handle, Relay(shell, questions.add))
    try:
        with _kernel_answers_meanwhile(shell):
            _post_and_wait(request, interpreter, questions)
    finally:
        channel.detach(request.id)
    error = replies.decode(request, worker)
    if error is not None:
        raise _cell_error(*error)


def stop_waiting() -> None:
    """Let every :func:`run_cell` return soon, because the kernel is shutting down."""
    _shutting_down.set()


def _post_and_wait(request: lifecycle.Request, interpreter: Interpreter, questions: Questions) -> None:
    interrupted = False
    while True:
        try:
            if not request.posted:
                request.post()
            while not request.wait(_LOOK):
                questions.answer_all()
                if _shutting_down.is_set():
                    raise InterpreterError(f"interpreter {interpreter.name!r} was busy when the kernel shut down")
            request.wait_shown()
        except KeyboardInterrupt:
            if not request.posted:
                raise
            if interrupted:
                raise InterpreterError(
                    f"interpreter {interpreter.name!r} does not react to the interrupt (is it waiting in C code?): its "
                    f"cell goes on; `%subinterp close {interpreter.name}` leaves it behind"
                ) from None
            interrupted = True
            interpreter.interrupt()
        else:
            return


def _kernel_answers_meanwhile(shell: InteractiveShell) -> AbstractContextManager[Any]:
    kernel = getattr(shell, "kernel", None)
    waiting = getattr(kernel, "waiting_for_interpreter", None)
    return contextlib.nullcontext() if waiting is None else waiting()


def _encodable(code: str) -> str:
    # A frontend may send lone surrogates; Python source cannot have them.
    return code.encode("utf-8", "replace").decode()
