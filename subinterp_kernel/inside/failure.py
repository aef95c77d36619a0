"""What a request's reply says of an exception that user code did not handle."""

from __future__ import annotations

import builtins
import marshal
import os
from collections.abc import Callable
from types import TracebackType

from subinterp_kernel import compiled, protocol

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["describe", "leave_out_waits", "message_of", "user_frames"]

_HERE = os.path.dirname(__file__)
_OURS = frozenset({_HERE, os.path.dirname(_HERE)})
_COMPILED = frozenset(f"_{name}.pyx" for name in (*compiled.__all__, "elements"))
_WAITS = frozenset({os.path.join(_HERE, "waits.py"), "_inside.pyx"})


def describe(kind: int, error: BaseException) -> tuple[int, bytes, tuple[()]]:  # noqa: ARG001 - the loop's signature
    """Return the reply RAISED, whatever the exception's own methods do."""
    cls = type(error)
    message = message_of(error)
    try:
        # Imported late: with what it imports, it is a third of the time in which an interpreter comes up.
        import traceback

        display = "".join(traceback.format_exception(cls, error, user_frames(error.__traceback__)))
    except BaseException:  # noqa: BLE001 - a broken __str__, MemoryError, RecursionError: the reply must go out
        display = f"{cls.__name__}: {message}\n(its traceback could not be formatted)\n"
    fields = tuple(_text(part) for part in (cls.__name__, cls.__qualname__, cls.__module__, message, display))
    return protocol.RAISED, marshal.dumps(fields), ()


def message_of(error: BaseException) -> str:
    """Return ``str(error)``, or a sentence that says that it has none."""
    try:
        return str(error)
    except BaseException as broken:  # noqa: BLE001 - user code's __str__ may raise anything
        return f"<the exception's str() raised {type(broken).__name__}>"


def user_frames(frames: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of this package, those that lead to the user's own and those that were called by them."""
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    _cut(frames, _is_ours)
    return frames


def leave_out_waits(frames: TracebackType | None) -> None:
    """Let a traceback that ends in one of our waits end where that was called, as the original's in C does."""
    _cut(frames, _WAITS.__contains__)


def _cut(frames: TracebackType | None, left_out: Callable[[str], bool]) -> None:
    last = None
    while frames is not None:
        if not left_out(frames.tb_frame.f_code.co_filename):
            last = frames
        frames = frames.tb_next
    if last is not None:
        last.tb_next = None


def _is_ours(filename: str) -> bool:
    # Cython names its frames by the bare name of the source.
    return os.path.dirname(filename) in _OURS or filename in _COMPILED


def _text(value: object) -> str:
    # An exact str: marshal refuses subclasses, and a class may call itself anything.
    return "".join(value) if isinstance(value, str) else repr(value)
