"""Replacements for the functions of :mod:`sys` that read the state of all interpreters."""

from __future__ import annotations

import sys
import threading

from subinterp_kernel.bindings import control

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["isolate_sys"]

_getallocatedblocks = sys.getallocatedblocks


def isolate_sys() -> None:
    """Replace ``sys._current_frames``, ``sys._current_exceptions`` and ``sys.getallocatedblocks`` in this interpreter.

    Notes
    -----
    CPython's own (3.13 to 3.15) visit all interpreters without holding their GILs. The first two allocate frame objects
    of other interpreters with the wrong allocator, and the third reads memory that another interpreter may be changing:
    both can crash the process. Debuggers and test runners call them.
    """
    sys._current_frames = _current_frames
    sys._current_exceptions = _current_exceptions
    sys.getallocatedblocks = _allocated_blocks


def _current_frames() -> dict[int, FrameType]:
    """Return the topmost frame of each thread of this interpreter, by thread identifier."""
    return control.current_frames()


def _current_exceptions() -> dict[int, BaseException | None]:
    """Return the exception that the calling thread is handling, by thread identifier."""
    return {threading.get_ident(): sys.exception()}


def _allocated_blocks() -> int:
    """Return the number of memory blocks allocated; RuntimeError while sub-interpreters exist."""
    if control.live() or control.abandoned():
        raise RuntimeError(
            "sys.getallocatedblocks() reads the memory of all interpreters: it cannot be used while others live"
        )
    return _getallocatedblocks()
