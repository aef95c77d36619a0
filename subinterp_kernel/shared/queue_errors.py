"""What a queue raises if it stays empty or full. Loaded at the first such error, because ``queue`` takes long."""

from __future__ import annotations

import queue

from subinterp_kernel.errors import InterpreterError

__all__ = ["QueueEmpty", "QueueFull"]


class QueueEmpty(InterpreterError, queue.Empty):  # noqa: N818 - the name that PEP 734 gives it
    """The queue is empty, or stayed empty for the whole timeout."""


class QueueFull(InterpreterError, queue.Full):  # noqa: N818 - the name that PEP 734 gives it
    """The queue is full, or stayed full for the whole timeout."""
