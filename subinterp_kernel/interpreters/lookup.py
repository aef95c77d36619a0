"""Finds the worker behind the name or the id of an interpreter."""

from __future__ import annotations

from subinterp_kernel.bindings import control
from subinterp_kernel.errors import InterpreterNotFoundError

__all__ = ["MAIN_ID", "MAIN_NAME", "find_worker"]

MAIN_NAME = "main"
MAIN_ID = 0


def find_worker(name: str | int) -> control.Worker | None:
    """Return the worker of the live interpreter of that name or id, or None for the main interpreter.

    Raises
    ------
    InterpreterNotFoundError
        There is no such interpreter.
    TypeError
        It is neither a str nor an int.
    ValueError
        It is a negative int.
    """
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise TypeError(f"an interpreter is named by a str or an int id, not {type(name).__name__}")
    if name in (MAIN_NAME, MAIN_ID):
        return None
    if isinstance(name, str):
        worker = control.find(name) if name else None
    elif name < 0:
        raise ValueError(f"the id of an interpreter is not negative, as {name} is")
    else:
        worker = next((row for row in control.live() if row.interpreter_id == name), None)
    if worker is None:
        hint = f"; create({name!r}) makes one" if isinstance(name, str) else ""
        raise InterpreterNotFoundError(f"there is no interpreter {name!r}{hint}")
    return worker
