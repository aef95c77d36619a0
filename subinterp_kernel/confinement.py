"""The functions of :mod:`sys` that look into all interpreters at once, kept to the one that calls them."""

from __future__ import annotations

import sys
import threading
from types import FrameType

from subinterp_kernel.compiled import lifecycle

__all__ = ["confine_sys"]

_getallocatedblocks = sys.getallocatedblocks


def confine_sys() -> None:
    """Replace ``sys._current_frames``, ``sys._current_exceptions`` and ``sys.getallocatedblocks`` in this interpreter.

    Notes
    -----
    CPython's own (3.13 to 3.15) walk over all interpreters without their GILs. The first two make objects for foreign
    frames with the wrong allocator, the third reads foreign memory while it changes: sooner or later the process dies.
    Debuggers and test runners call them.
    """
    sys._current_frames = _current_frames
    sys._current_exceptions = _current_exceptions
    sys.getallocatedblocks = _allocated_blocks


def _current_frames() -> dict[int, FrameType]:
    """Return a dict of each thread's topmost frame, by thread ident."""
    return lifecycle.current_frames()


def _current_exceptions() -> dict[int, BaseException | None]:
    """Return the exception that the calling thread handles, by its ident."""
    return {threading.get_ident(): sys.exception()}


def _allocated_blocks() -> int:
    """Return the number of allocated memory blocks of the process; RuntimeError while sub-interpreters live."""
    if lifecycle.live() or lifecycle.abandoned():
        raise RuntimeError(
            "sys.getallocatedblocks() reads the memory of all interpreters: it cannot be used while others live"
        )
    return _getallocatedblocks()
