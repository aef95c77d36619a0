"""A notebook cell as it crosses: the request that a worker executes, and the outcome that it sends back."""

from __future__ import annotations

import marshal
from typing import Any, NamedTuple, Self

from subinterp_kernel.shared import serialization

__all__ = ["Assignment", "CellOutcome", "ExecuteCell", "RaisedError", "usage_error"]

Assignment = tuple[str, str]
"""The name that is bound, and the name, or dotted path, that provides its value."""


class ExecuteCell(NamedTuple):
    """One cell for one interpreter.

    Attributes
    ----------
    interpreter : str
        The name of the interpreter, for messages.
    code : str
        The body of the cell.
    number : int
        The prompt number, so that ``Out[n]`` and tracebacks agree with the notebook.
    colors : str
        The IPython colour scheme of tracebacks.
    fresh : bool
        Clear the namespace first.
    imports : dict of str to str
        Modules to import first, by the names of the variables that they are bound to.
    variables : bytes
        A serialized dict to bind before the code runs; empty for none.
    outputs : tuple of Assignment
        The variables to send back.
    allow_stdin : bool
        Whether ``input()`` can be answered.
    return_value : bool
        Send back a copy of the last expression's value.
    checks_await_twice : bool
        Whether a plain cell is checked twice for ``await``: by ipykernel and by IPython. Each check compiles the cell,
        and so shows its SyntaxWarnings.
    """

    interpreter: str
    code: str
    number: int
    colors: str
    fresh: bool = False
    imports: dict[str, str] = {}  # noqa: RUF012 - never changed
    variables: bytes = b""
    outputs: tuple[Assignment, ...] = ()
    allow_stdin: bool = True
    return_value: bool = False
    checks_await_twice: bool = False

    def encode(self) -> bytes:
        """Return the payload of the request CELL."""
        return marshal.dumps(tuple(self))

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Return the request that :meth:`encode` has encoded."""
        return cls(*marshal.loads(payload, allow_code=False))


class RaisedError(NamedTuple):
    """The exception that ended a cell, as Jupyter describes errors.

    Attributes
    ----------
    ename, evalue : str
        The name of the exception's class, and its message.
    traceback : list of str
        The formatted traceback, with colours.
    shown : bool
        Whether the cell's output has it already.
    """

    ename: str
    evalue: str
    traceback: list[str]
    shown: bool = False


def usage_error(message: str) -> RaisedError:
    """Return an error that IPython shows as one line, without a traceback."""
    return RaisedError("UsageError", message, [])


class CellOutcome(NamedTuple):
    """How one cell ended.

    Attributes
    ----------
    error : RaisedError or None
        The exception that ended the cell, or the reason why it did not run.
    outputs : bytes
        A serialized dict of the variables that were asked for.
    value : bytes
        The last expression's value, serialized, if it was asked for.
    value_problem : str
        Why that value could not be sent.
    """

    error: RaisedError | None = None
    outputs: bytes = b""
    value: bytes = b""
    value_problem: str = ""

    def encode(self) -> bytes:
        """Return the payload of the reply CELL_DONE."""
        return marshal.dumps((self.error and tuple(self.error), *self[1:]))

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Return the outcome that :meth:`encode` has encoded."""
        error, *rest = marshal.loads(payload, allow_code=False)
        return cls(error and RaisedError(*error), *rest)

    def load_outputs(self) -> dict[str, Any]:
        """Unpickle the variables. The reply must be alive: it keeps shared objects alive."""
        return serialization.loads(self.outputs) if self.outputs else {}

    def load_value(self) -> Any:
        """Unpickle the value; None if there is none. The reply must be alive, as for :meth:`load_outputs`."""
        return serialization.loads(self.value) if self.value else None
