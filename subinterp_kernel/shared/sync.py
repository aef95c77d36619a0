"""Locks and other synchronization objects that all interpreters share. Importable in every interpreter.

They have the signatures, behaviour and errors of the classes of the same names in :mod:`threading`. Each is sent to
another interpreter by reference. Waits can be interrupted: by Ctrl-C in the main interpreter, by ``interrupt()`` in
others.
"""

from __future__ import annotations

from subinterp_kernel.bindings import barrier, condition, lock
from subinterp_kernel.bindings import sync as _sync

__all__ = ["Barrier", "Condition", "Event", "Lock", "RLock", "Semaphore"]

Lock = lock.Lock
RLock = lock.RLock
Condition = condition.Condition
Event = _sync.Event
Semaphore = _sync.Semaphore
Barrier = barrier.Barrier
