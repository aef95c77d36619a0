"""Tracebacks as users see them: with their code and that of other libraries, without the frames of this package.

To look for a bug in this package, set the environment variable ``SUBINTERP_FULL_TRACEBACKS``.
"""

from __future__ import annotations

import builtins
import os

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

# User code may change its builtins; this module keeps those that it has started with.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["drop", "drop_in_chain", "is_installed", "is_own"]

_OURS = () if os.environ.get("SUBINTERP_FULL_TRACEBACKS") else (__name__.partition(".")[0],)
_SERIALIZERS = (*_OURS, "pickle", "cloudpickle")


def is_own(frames: TracebackType) -> bool:
    """Return whether the first frame is one of this package."""
    return _is_of(frames, _OURS)


def is_installed(frames: TracebackType) -> bool:
    """Return whether the first frame is one of a library, or of the import system."""
    filename = frames.tb_frame.f_code.co_filename
    return any(part in filename for part in ("site-packages", "dist-packages", "importlib"))


def drop_in_chain(error: BaseException) -> None:
    """Remove them from the traceback of an exception and from those of its causes and contexts.

    The first frame stays, which IPython does not show. A cause or context that began in this package is not shown,
    unless code of the user raised it, such as the ``__reduce__`` of an object that was sent.
    """
    if error.__traceback__ is not None:
        error.__traceback__.tb_next = drop(error.__traceback__.tb_next)
    seen = {id(error)}
    while True:
        chained = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if chained is None or id(chained) in seen:
            return
        _drop_in_chained(chained, error)
        seen.add(id(chained))
        error = chained


def drop(frames: TracebackType | None, is_dropped: Callable[[TracebackType], bool] = is_own) -> TracebackType | None:
    """Return the traceback without some frames, by default those of this package; None if there are no others."""
    first = last = None
    while frames is not None:
        if not is_dropped(frames):
            if last is None:
                first = frames
            else:
                last.tb_next = frames
            last = frames
        frames = frames.tb_next
    if last is not None:
        last.tb_next = None
    return first


def _drop_in_chained(chained: BaseException, error: BaseException) -> None:
    frames = chained.__traceback__
    began_here = frames is not None and is_own(frames)
    chained.__traceback__ = drop(frames, _is_of_serializer if began_here else is_own)
    if began_here and chained.__traceback__ is None:
        error.__cause__ = None  # which suppresses the context, too


def _is_of_serializer(frames: TracebackType) -> bool:
    return _is_of(frames, _SERIALIZERS)


def _is_of(frames: TracebackType, packages: tuple[str, ...]) -> bool:
    # Frames of compiled modules have the globals of their module, too.
    name = frames.tb_frame.f_globals.get("__name__")
    return isinstance(name, str) and name.partition(".")[0] in packages
