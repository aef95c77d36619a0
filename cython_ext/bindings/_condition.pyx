"""Condition variables across the interpreters of the process."""

import sys

from condition cimport ConditionWait, SharedCondition
from deadline cimport deadline_after
from held cimport Held, pin, raise_gone, this_interpreter
from libc.stddef cimport size_t
from libcpp.vector cimport vector
from lock cimport SharedLock
from module_reference cimport drop_surplus_module_reference
from shared_object cimport Kind, SharedRef
from subinterp_kernel.bindings._lock cimport acquire_lock
from wait cimport wait_interruptibly
cimport cython

from time import monotonic

from subinterp_kernel.bindings._lock import Lock, RLock, attach
from subinterp_kernel.bindings.timeouts import UNLIMITED, check_interrupts, optional_seconds, seconds


def _checked(lock):
    if lock is None:
        return RLock()
    if type(lock) is Lock or type(lock) is RLock:
        return lock
    raise TypeError(
        f"a Condition that works across interpreters needs a subinterp_kernel.Lock or RLock, not {type(lock).__name__}")


@cython.final
cdef class Condition:
    """A condition variable for threads of any interpreter: :class:`threading.Condition` across interpreters.

    Parameters
    ----------
    lock : Lock or RLock, optional
        The lock that :meth:`wait` releases while it waits; by default a new :class:`RLock`.

    Raises
    ------
    TypeError
        The lock is of another class, such as ``threading.Lock``, which other interpreters cannot use.
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe. Threads are notified in the order in which they started to wait. Another interpreter receives another
    object for the same condition and the same lock.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> condition = sk.Condition()
    >>> with condition:
    ...     condition.wait(timeout=0.01)
    False
    >>> with condition:
    ...     condition.notify_all()
    """

    cdef Held[SharedCondition] _condition
    cdef object _lock

    _crosses_by_reference = True

    def __cinit__(self, lock=None, *, _id=None):
        cdef vector[SharedRef] pins
        if _id is None:
            self._lock = _checked(lock)
            pin(self._lock.id, pins)
            self._condition.make(this_interpreter(), pins.front())
        elif self._condition.find(this_interpreter(), _id, Kind.condition):
            self._lock = attach(self._condition.get().lock().id(), self._condition.get().lock().recursive)
        else:
            raise_gone("Condition", _id)

    def __init__(self, lock=None):
        pass

    def acquire(self, blocking=True, timeout=-1):
        """Acquire its lock: see :meth:`Lock.acquire`."""
        return self._lock.acquire(blocking, timeout)

    def release(self):
        """Release its lock: see :meth:`Lock.release`."""
        self._lock.release()

    def locked(self):
        """Return whether its lock is held."""
        return self._lock.locked()

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, exc_type, exc_value, traceback):
        self._lock.__exit__(exc_type, exc_value, traceback)

    def wait(self, timeout=None):
        """Release the lock, wait for a notification, acquire the lock again, and return whether it came in time.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for the notification. There is no limit for acquiring the lock again.

        Raises
        ------
        RuntimeError
            The lock was not acquired before.
        AbandonedLockError
            The interpreter that acquired the lock meanwhile has ended. This thread does not hold the lock.

        Notes
        -----
        An interrupt of the wait is raised after the lock was acquired again. An interrupt while the lock is acquired
        again is raised at once, without the lock.
        """
        cdef double limit = optional_seconds(timeout)
        cdef SharedLock *lock = self._condition.get().lock()
        cdef ConditionWait wait
        cdef bint failed = True
        wait.interpreter = this_interpreter()
        self._condition.get().enter(wait)
        cdef size_t depth = lock.release_all()
        if depth == 0:
            self._condition.get().leave(wait, True)
            raise RuntimeError("cannot wait on un-acquired lock")
        try:
            try:
                wait_interruptibly(wait, deadline_after(limit), check_interrupts)
                check_interrupts()  # raises if an interrupt came first: then the notification goes to another thread
            finally:
                acquire_lock(lock, depth, UNLIMITED)
            failed = False
        finally:
            notified = self._condition.get().leave(wait, failed)
        return notified

    def wait_for(self, predicate, timeout=None):
        """Wait until ``predicate()`` is true, and return its last value; otherwise as :meth:`wait`.

        Parameters
        ----------
        predicate : callable
            Called with the lock held, at first and after every notification.
        timeout : float, optional
            Seconds to wait in total.
        """
        end = None if timeout is None else monotonic() + seconds(timeout)
        while not (result := predicate()):
            left = None if end is None else end - monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify(self, n=1):
        """Wake up to `n` of the waiting threads, or raise RuntimeError if the lock was not acquired."""
        if not self._condition.get().lock().can_be_released():
            raise RuntimeError("cannot notify on un-acquired lock")
        self._condition.get().notify(max(n, 0))

    def notify_all(self):
        """Wake all waiting threads; otherwise as :meth:`notify`."""
        self.notify(sys.maxsize)

    def __reduce__(self):
        return _attach_condition, (self.id,)

    def __repr__(self):
        return f"<Condition {self.id}: {'locked' if self.locked() else 'unlocked'}>"

    @property
    def id(self):
        """The number of the condition in the process, never used twice."""
        return self._condition.get().id()


def _attach_condition(id):
    return Condition.__new__(Condition, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
