"""The error of the doctor."""

from __future__ import annotations

from subinterp_kernel.errors import InterpreterError

__all__ = ["DoctorError"]


class DoctorError(InterpreterError):
    """Something that was asked for cannot be examined; the message says why and what to do."""
