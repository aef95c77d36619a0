"""Locks and their kin that work across the interpreters of the process. Importable in every interpreter.

They have the signatures, the meaning and the errors of their namesakes in :mod:`threading`; each passes to another
interpreter by reference. Waits can be interrupted: by Ctrl-C in the main interpreter, by ``interrupt()`` in others.
"""

from __future__ import annotations

from subinterp_kernel.compiled import barrier, condition, lock
from subinterp_kernel.compiled import sync as _sync

__all__ = ["Barrier", "Condition", "Event", "Lock", "RLock", "Semaphore"]

Lock = lock.Lock
RLock = lock.RLock
Condition = condition.Condition
Event = _sync.Event
Semaphore = _sync.Semaphore
Barrier = barrier.Barrier
