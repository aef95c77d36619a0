"""The exceptions of this package, but for those of queues and pools, whose base classes take long to import."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import SimpleNamespace
    from typing import NamedTuple

    class _Snapshot(NamedTuple):
        type: SimpleNamespace
        msg: str
        formatted: str
        errdisplay: str

else:  # typing takes longer to import than all that an interpreter needs at first
    _Snapshot = namedtuple("_Snapshot", ("type", "msg", "formatted", "errdisplay"))

__all__ = [
    # the base, and errors of the caller
    "InterpreterError",
    "ClosedError",
    "InterpreterNotFoundError",
    "InvalidNameError",
    "NameTakenError",
    "InvalidEnvironmentError",
    "NotShareableError",
    "SharedObjectGoneError",
    # what another interpreter left behind
    "AbandonedLockError",
    # errors of the user's code
    "ExecutionFailed",
    "ExceptionSnapshot",
    # failures of this package
    "StartupError",
]


class InterpreterError(Exception):
    """The base class of all errors of this package."""


class InterpreterNotFoundError(InterpreterError, LookupError):
    """No live interpreter has this name or id."""


class ClosedError(InterpreterNotFoundError, RuntimeError):
    """The interpreter, or the shared object, is closed."""


class InvalidNameError(InterpreterError, ValueError):
    """The text is not allowed as the name of an interpreter."""


class NameTakenError(InterpreterError, ValueError):
    """Another live interpreter has this name."""


class InvalidEnvironmentError(InterpreterError, ValueError):
    """A folder, a virtual environment or an environment variable for a new interpreter is not valid."""


class NotShareableError(InterpreterError, TypeError):
    """The object cannot be sent to another interpreter."""


class SharedObjectGoneError(InterpreterError, LookupError):
    """The shared object no longer exists: its last holder released it."""


class AbandonedLockError(InterpreterError, RuntimeError):
    """The interpreter that held the lock has ended. The lock is free; the caller does not hold it."""

    def __init__(
        self,
        message: str = "the interpreter that held this lock was closed before it released it: check the data that the "
        "lock protects, which may be half changed, and acquire the lock again",
    ) -> None:
        super().__init__(message)


class StartupError(InterpreterError, RuntimeError):
    """An interpreter could not be started."""


class ExceptionSnapshot(_Snapshot):
    """A description of an exception that was raised in another interpreter.

    Attributes
    ----------
    type : types.SimpleNamespace
        The names of its class, not the class itself: ``__name__``, ``__qualname__``, ``__module__``.
    msg : str
        ``str(exception)``.
    formatted : str
        ``"TypeName: message"``, as on the last line of a traceback.
    errdisplay : str
        The whole traceback as text, without frames of this package.

    Notes
    -----
    The attributes are those of ``concurrent.interpreters.ExecutionFailed.excinfo`` (:pep:`734`).
    """

    __slots__ = ()


class ExecutionFailed(InterpreterError):  # noqa: N818 - the name that PEP 734 gives it
    """Code that ran in another interpreter raised an exception that it did not handle.

    Parameters
    ----------
    excinfo : ExceptionSnapshot
        A description of that exception.

    Attributes
    ----------
    excinfo : ExceptionSnapshot
        The same description.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.create("worker") as worker:
    ...     try:
    ...         worker.exec("1 / 0")
    ...     except sk.ExecutionFailed as error:
    ...         error.excinfo.formatted
    'ZeroDivisionError: division by zero'
    """

    def __init__(self, excinfo: ExceptionSnapshot) -> None:
        super().__init__(excinfo.formatted)
        self.excinfo = excinfo

    def __str__(self) -> str:
        return f"{self.excinfo.formatted}\n\nUncaught in the interpreter:\n\n{self.excinfo.errdisplay.rstrip()}"

    def __reduce__(self) -> tuple[type[ExecutionFailed], tuple[ExceptionSnapshot]]:
        return type(self), (self.excinfo,)
