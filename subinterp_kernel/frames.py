"""``sys._current_frames`` and ``sys._current_exceptions``, safe while several interpreters are alive."""

from __future__ import annotations

import sys
import threading
from types import FrameType

from subinterp_kernel.compiled import lifecycle

__all__ = ["confine_to_this_interpreter"]


def confine_to_this_interpreter() -> None:
    """Make both look at the threads of the calling interpreter only.

    Notes
    -----
    CPython's own (3.13 to 3.15) make objects for the frames of all interpreters, with the wrong allocator, and the
    process dies when such a frame ends. Debuggers and test runners call them.
    """
    sys._current_frames = _current_frames
    sys._current_exceptions = _current_exceptions


def _current_frames() -> dict[int, FrameType]:
    """Return a dict of each thread's topmost frame, by thread ident."""
    return lifecycle.current_frames()


def _current_exceptions() -> dict[int, BaseException | None]:
    """Return the exception that the calling thread handles, by its ident."""
    return {threading.get_ident(): sys.exception()}
