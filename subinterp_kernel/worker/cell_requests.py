"""Runs the cell of a request: binds the variables that it takes, and collects those that it sends back."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from subinterp_kernel.errors import NotShareableError
from subinterp_kernel.interpreters.imports import bind_modules
from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.cells import CellOutcome, ExecuteCell, usage_error
from subinterp_kernel.messaging.dotted_paths import UnknownVariableError, look_up
from subinterp_kernel.shared import serialization

if TYPE_CHECKING:
    from subinterp_kernel.bindings._worker_thread import Reply
    from subinterp_kernel.shared.serialization import Pin

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["run"]


class _OutputError(Exception):
    """A variable of ``-o`` cannot be read; the message follows the name of the interpreter."""


def run(payload: bytes, shell: Any, main: dict[str, Any], reset: Callable[[bytes], object]) -> Reply:
    """Run a cell in a shell whose namespace is `main`, and return the reply."""
    cell = ExecuteCell.decode(payload)
    if cell.fresh:
        reset(b"")
    if cell.imports:
        _import_modules(cell.imports)
    if cell.variables:
        main.update(serialization.loads(cell.variables))
    error, value = shell.execute(cell)
    outcome, pins = (CellOutcome(error), []) if error else _outcome(cell, value, main)
    return protocol.CELL_DONE, outcome.encode(), pins


def _import_modules(modules: dict[str, str]) -> None:
    failures = bind_modules(modules)
    if failures:
        print(f"not imported here: {failures}")


def _outcome(cell: ExecuteCell, value: Any, main: dict[str, Any]) -> tuple[CellOutcome, list[Pin]]:
    """Return the outcome of a cell that has run, and the shared objects in it."""
    outcome = CellOutcome()
    pins: list[Pin] = []
    if cell.outputs:
        try:
            outputs, pins = serialization.dumps_variables(_collect(cell, main))
            outcome = outcome._replace(outputs=outputs)
        except NotShareableError as error:
            return CellOutcome(usage_error(f"interpreter {cell.interpreter!r}: {error}")), []
        except _OutputError as error:
            return CellOutcome(usage_error(f"interpreter {cell.interpreter!r} {error}")), []
    if cell.return_value:
        try:
            data, more_pins = serialization.dumps(value, "the value of the last expression")
            outcome, pins = outcome._replace(value=data), pins + more_pins
        except NotShareableError as error:
            outcome = outcome._replace(value_problem=str(error))
    return outcome, pins


def _collect(cell: ExecuteCell, main: dict[str, Any]) -> dict[str, Any]:
    variables = {}
    for target, path in cell.outputs:
        try:
            variables[target] = look_up(main, path)
        except UnknownVariableError as unknown:
            raise _OutputError(f"has no variable {unknown.args[0]!r}") from None
        except Exception as error:
            raise _OutputError(f"cannot return {path!r}: {type(error).__name__}: {error}") from error
    return variables
