"""Every exception of this package. Pure Python, importable in every interpreter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

__all__ = [
    # the base, and what the caller did wrong
    "InterpreterError",
    "ClosedError",
    "InterpreterNotFoundError",
    "InvalidNameError",
    "NameTakenError",
    "SurroundingsError",
    "NotShareableError",
    "BlockGoneError",
    # what another interpreter has left
    "AbandonedLockError",
    # what the caller's code did
    "ExecutionFailed",
    "ExceptionSnapshot",
    # what the machinery did
    "StartupError",
]


class InterpreterError(Exception):
    """An interpreter could not do what was asked. The base of all errors here."""


class ClosedError(InterpreterError, RuntimeError):
    """The interpreter (or the channel to it) is closed."""


class InterpreterNotFoundError(InterpreterError, KeyError):
    """No interpreter has this name or id."""

    def __str__(self) -> str:
        # KeyError would show the repr of the sentence.
        return str(self.args[0]) if self.args else ""


class InvalidNameError(InterpreterError, ValueError):
    """The text cannot name an interpreter."""


class NameTakenError(InterpreterError, ValueError):
    """Another live interpreter has this name."""


class SurroundingsError(InterpreterError, ValueError):
    """What an interpreter shall find around it cannot be: a folder, a virtual environment, an environment variable."""


class NotShareableError(InterpreterError, TypeError):
    """The object cannot cross from one interpreter to another."""


class BlockGoneError(InterpreterError, LookupError):
    """The shared block was freed: nobody holds it any more."""


class AbandonedLockError(InterpreterError, RuntimeError):
    """The interpreter that held the lock has ended. The lock is free, and not held by whoever gets this."""

    def __init__(
        self,
        message: str = "the interpreter that held this lock was closed before it released it: what the lock guards may "
        "be half changed; check that, and acquire the lock again, for it is free now",
    ) -> None:
        super().__init__(message)


class StartupError(InterpreterError, RuntimeError):
    """An interpreter could not be brought up."""


class ExceptionSnapshot(NamedTuple):
    """What is known here of an exception that was raised in another interpreter.

    Attributes
    ----------
    type : types.SimpleNamespace
        The names of its class, without the class: ``__name__``, ``__qualname__``, ``__module__``.
    msg : str
        ``str(exception)``.
    formatted : str
        ``"TypeName: message"``, as on the last line of a traceback.
    errdisplay : str
        The whole traceback as text, with the frames of the interpreter's own code only.

    Notes
    -----
    The attributes are those of ``concurrent.interpreters.ExecutionFailed.excinfo`` (:pep:`734`).
    """

    type: SimpleNamespace
    msg: str
    formatted: str
    errdisplay: str


class ExecutionFailed(InterpreterError):  # noqa: N818 - the name that PEP 734 gives it
    """Code that ran in another interpreter raised an exception that it did not handle.

    Parameters
    ----------
    excinfo : ExceptionSnapshot
        What was raised there.

    Attributes
    ----------
    excinfo : ExceptionSnapshot
        The same.
    """

    def __init__(self, excinfo: ExceptionSnapshot) -> None:
        super().__init__(excinfo.formatted)
        self.excinfo = excinfo

    def __str__(self) -> str:
        return f"{self.excinfo.formatted}\n\nUncaught in the interpreter:\n\n{self.excinfo.errdisplay.rstrip()}"

    def __reduce__(self) -> tuple[type[ExecutionFailed], tuple[ExceptionSnapshot]]:
        return type(self), (self.excinfo,)
