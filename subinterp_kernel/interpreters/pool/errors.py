"""The exception of pools, whose base classes only an interpreter with a pool needs to import."""

from __future__ import annotations

from concurrent.futures.thread import BrokenThreadPool

from subinterp_kernel.errors import InterpreterError

__all__ = ["BrokenInterpreterPool"]


class BrokenInterpreterPool(InterpreterError, BrokenThreadPool):  # noqa: N818 - the standard library's name
    """An interpreter of the pool has ended, or its initializer has failed: the pool runs no more tasks."""
