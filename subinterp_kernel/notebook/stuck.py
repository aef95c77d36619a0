"""Interpreters whose code does not stop: what their user is told, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterable

from IPython.core.error import UsageError

from subinterp_kernel.interpreters import closing
from subinterp_kernel.interpreters.interpreter import Interpreter, worker_of

__all__ = ["EXPLAIN_AFTER", "explain_cell", "explain_interrupt", "is_stuck", "refuse_stuck", "sees_interrupt"]

EXPLAIN_AFTER = closing.STUCK_AFTER + 0.05  # seconds after an interrupt
_POLL = 0.02  # seconds


def is_stuck(interpreter: Interpreter) -> bool:
    """Return whether code in an interpreter has not seen an interrupt for a second."""
    return closing.is_stuck(worker_of(interpreter))


def sees_interrupt(interpreter: Interpreter) -> bool:
    """Wait until its code has seen the interrupt that it was just sent; False if it is stuck."""
    worker = worker_of(interpreter)
    while worker.interrupt_age():
        if closing.is_stuck(worker):
            return False
        time.sleep(_POLL)
    return True


def explain_cell(interpreter: Interpreter) -> str:
    """Return why a cell goes on a second after Stop, and what the user can do."""
    name = interpreter.name
    if is_stuck(interpreter):
        why = f"{_in_c_code(name)}."
    else:
        why = f"interpreter {name!r} has seen Stop, but its cell goes on, for example in an except or finally block."
    return f"{why} Wait, or press Stop again to leave the cell; then `%subinterp close {name}` frees the name"


def explain_interrupt(name: str) -> str:
    """Return why a stuck interpreter goes on after an interrupt, and what the user can do."""
    return f"{_in_c_code(name)}. Wait, or run `%subinterp close {name}`, which leaves it behind and frees the name"


def refuse_stuck(interpreters: Iterable[Interpreter]) -> None:
    """Raise UsageError if one of these would not run anything now, because its code does not see interrupts."""
    for interpreter in interpreters:
        if is_stuck(interpreter):
            name = interpreter.name
            raise UsageError(
                f"interpreter {name!r} is stuck inside C code, which sees Stop only when it returns to Python. Wait, "
                f"or run `%subinterp close {name}`, which leaves it behind and frees the name"
            )


def _in_c_code(name: str) -> str:
    return f"interpreter {name!r} cannot stop now: it is inside C code, which sees Stop only when it returns to Python"
