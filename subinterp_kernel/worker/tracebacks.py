"""Describes an unhandled exception of user code in the reply to a request."""

from __future__ import annotations

import builtins
import marshal

from subinterp_kernel.messaging import own_frames, protocol

TYPE_CHECKING = False

if TYPE_CHECKING:
    from subinterp_kernel.bindings._worker_thread import Reply

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["describe", "message_of", "without_message"]


def describe(kind: int, error: BaseException) -> Reply:
    """Return the reply RAISED, or TASK_RAISED to a task, even if methods of the exception fail."""
    described = _describe(error)
    if kind != protocol.TASK:
        return protocol.RAISED, described, ()
    from subinterp_kernel.worker import tasks

    pickled, pins = tasks.serialize_exception(error)
    return protocol.TASK_RAISED, marshal.dumps((described, pickled)), pins


def _describe(error: BaseException) -> bytes:
    cls = type(error)
    if cls is ImportError:
        from subinterp_kernel.interpreters import imports

        imports.explain(error)
    message, interrupted = message_of(error)
    try:
        lines = without_message(error, message) if interrupted else _format(error)
    except BaseException:  # noqa: BLE001 - a broken __str__, MemoryError, RecursionError: the reply must be sent
        lines = [f"{cls.__name__}: {message}\n", "(its traceback could not be formatted)\n"]
    parts = (cls.__name__, cls.__qualname__, cls.__module__, message, "".join(lines))
    return marshal.dumps(tuple(map(_text, parts)))


def message_of(error: BaseException) -> tuple[str, bool]:
    """Return ``str(error)``, or a message that says that it failed; and whether an interrupt ended it."""
    try:
        return str(error), False
    except BaseException as broken:  # noqa: BLE001 - user code's __str__ may raise anything
        message = f"<the exception's str() raised {type(broken).__name__}>"
        return message, isinstance(broken, KeyboardInterrupt)


def without_message(error: BaseException, message: str) -> list[str]:
    """Format an exception with that message, without calling its ``str()``."""
    import traceback

    frames = traceback.format_tb(own_frames.drop(error.__traceback__))
    return ["Traceback (most recent call last):\n", *frames, f"{type(error).__name__}: {message}\n"]


def _format(error: BaseException) -> list[str]:
    # Imported late: with its dependencies, it takes a third of the start-up time of an interpreter.
    import traceback

    return traceback.format_exception(type(error), error, own_frames.drop(error.__traceback__))


def _text(value: object) -> str:
    # An exact str: marshal refuses subclasses, and __name__ of a class may be one.
    return "".join(value) if isinstance(value, str) else repr(value)
