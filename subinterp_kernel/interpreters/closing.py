"""Closes interpreters: one, or all of them together."""

from __future__ import annotations

import time
from collections.abc import Sequence

from subinterp_kernel.bindings import control
from subinterp_kernel.messaging import event_reader

__all__ = ["STUCK_AFTER", "close_all", "close_worker", "end_together", "is_stuck"]

_INTERRUPT_EVERY = 0.5  # seconds between the interrupts of one interpreter
_POLL = 0.1  # the same, if all are closed
STUCK_AFTER = 1.0  # seconds
_PATIENCE = 2.0  # seconds without an end of one of those that end together
_ENDED = ("closed", "failed")

_left_behind: set[int] = set()  # handles of workers that did not end within the timeout of close_all()


def is_stuck(worker: control.Worker) -> bool:
    """Return whether its code has not seen an interrupt for a second, as code that stays inside C does not."""
    return worker.interrupt_age() >= STUCK_AFTER


def close_worker(worker: control.Worker, timeout: float, *, leave_stuck: bool = False) -> bool:
    """Close one interpreter.

    Parameters
    ----------
    worker : Worker
        Its worker.
    timeout : float
        Seconds after which it is left behind.
    leave_stuck : bool
        Leave it behind as soon as it is stuck.

    Returns
    -------
    bool
        False if it was left behind now: its name is free, and it ends when its code returns to Python.
    """
    if worker.state == "abandoned":
        return True
    deadline = time.monotonic() + timeout
    worker.refuse_further_requests()
    worker.wait_until_up(timeout)
    while True:
        worker.interrupt()
        left = deadline - time.monotonic()
        if left <= 0 or (leave_stuck and is_stuck(worker)):
            break
        if worker.wait_until_down(min(_INTERRUPT_EVERY, left)):
            break
    event_reader.forget_worker(worker.handle)
    if worker.state in _ENDED:
        return True
    worker.leave_behind()
    return False


def end_together(workers: Sequence[control.Worker]) -> None:
    """Make interpreters end at the same time. Return when all but stuck ones have, or when none has for two seconds."""
    _begin_to_close(workers)
    left, until = list(workers), time.monotonic() + _PATIENCE
    while not all(map(is_stuck, left)) and time.monotonic() < until:
        left[0].wait_until_down(_POLL)
        still_there = [worker for worker in left if not worker.wait_until_down(0)]
        if len(still_there) < len(left):
            until = time.monotonic() + _PATIENCE
        left = still_there


def _begin_to_close(workers: Sequence[control.Worker]) -> None:
    for worker in workers:
        worker.refuse_further_requests()
    for worker in workers:
        worker.interrupt()


def close_all(timeout: float = 5.0) -> list[str]:
    """Close all interpreters except the main one.

    Parameters
    ----------
    timeout : float
        The number of seconds to wait for all of them together.

    Returns
    -------
    list of str
        The names of those that did not end in time.

    Notes
    -----
    Thread-safe. Code that runs in the interpreters is interrupted.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> worker = sk.create("worker")
    >>> sk.close_all()
    []
    >>> worker.state
    'closed'
    """
    workers = control.live()
    _begin_to_close(workers)
    end = time.monotonic() + timeout
    for worker in workers:
        while not worker.wait_until_down(min(_POLL, max(0.0, end - time.monotonic()))):
            worker.interrupt()
            if time.monotonic() >= end or worker.handle in _left_behind:
                _left_behind.add(worker.handle)
                break
    return [worker.name for worker in workers if worker.state not in _ENDED]
