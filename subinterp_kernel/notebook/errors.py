"""The exceptions that a cell of another interpreter raises in the notebook."""

from __future__ import annotations

from IPython.core.error import UsageError

from subinterp_kernel.messaging.cells import RaisedError

__all__ = ["CellError", "CompositeError", "exception_of"]


class CellError(Exception):
    """The error of a cell in another interpreter, with the traceback that was formatted there.

    What is raised is a subclass that has the name of the original exception's class, so that frontends show it as the
    cell's own error.

    Parameters
    ----------
    error : RaisedError
        What was raised.
    interpreter : str
        The name of the interpreter.

    Attributes
    ----------
    ename, evalue, lines : str, str, list of str
        The name of the exception's class, its message, and the lines of its traceback.
    shown : bool
        Whether the output of the cell has it already.
    interpreter : str
        The name of the interpreter; of several, with commas between them.
    """

    def __init__(self, error: RaisedError, interpreter: str) -> None:
        super().__init__(error.evalue)
        self.interpreter = interpreter
        self.ename, self.evalue, self.lines, self.shown = error

    def _render_traceback_(self) -> list[str]:
        return self.lines


class CompositeError(CellError):
    """The errors of one cell in several interpreters, shown with the traceback of each.

    Attributes
    ----------
    errors : dict of str to Exception
        By the name of the interpreter.
    """

    def __init__(self, errors: dict[str, Exception], size: int) -> None:
        summary = "; ".join(f"{name}: {_name_of(error)}: {error}" for name, error in errors.items())
        lines = [line for name, error in errors.items() for line in (f"[{name}]", *_lines_of(error))]
        message = f"{len(errors)} of {size} interpreters raised an error: {summary}"
        super().__init__(RaisedError(type(self).__name__, message, lines), ",".join(errors))
        self.errors = errors


def exception_of(error: RaisedError, interpreter: str) -> Exception:
    """Return the error of a cell as an exception: a UsageError, or a CellError of the original name."""
    if error.ename == "UsageError":  # IPython shows it as one line
        return UsageError(error.evalue)
    cls = type(error.ename, (CellError,), {"__module__": CellError.__module__})
    return cls(error, interpreter)


def _name_of(error: Exception) -> str:
    return error.ename if isinstance(error, CellError) else type(error).__name__


def _lines_of(error: Exception) -> list[str]:
    return error.lines if isinstance(error, CellError) else [f"{_name_of(error)}: {error}"]
