"""Queues that all interpreters share. Importable in every interpreter."""

from __future__ import annotations

from subinterp_kernel.bindings import queues as _queues

__all__ = ["Queue", "create_queue"]

Queue = _queues.Queue


def create_queue(maxsize: int = 0) -> _queues.Queue:
    """Make a queue; the same as ``Queue(maxsize)``, under the name that :pep:`734` gives it.

    Parameters
    ----------
    maxsize : int, default 0
        The maximum number of items; 0 or less: no limit.

    Returns
    -------
    Queue
        The new queue.

    Raises
    ------
    TypeError
        `maxsize` is not an int.
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe, and callable from every interpreter.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> queue = sk.create_queue(maxsize=2)
    >>> queue.put(42)
    >>> queue.get()
    42
    """
    return Queue(maxsize)
