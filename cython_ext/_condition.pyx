"""Conditions that work across the interpreters of the process."""

import sys

from condition cimport ConditionWait, SharedCondition, condition_over
from holder cimport this_interpreter
from libc.stddef cimport size_t
from libc.stdint cimport uint64_t
from lock cimport LockWait, SharedLock
from module_reference cimport drop_surplus_module_reference
from shared cimport Kind, shared_acquire, shared_add, shared_release
from slices cimport wait_in_slices
from waiting cimport Outcome, kNever, now
cimport cython

from time import monotonic

from subinterp_kernel._lock import Lock, RLock, attach
from subinterp_kernel.errors import AbandonedLockError, BlockGoneError
from subinterp_kernel.waiting import look_up, seconds


def _checked(lock):
    if lock is None:
        return RLock()
    if type(lock) is Lock or type(lock) is RLock:
        return lock
    raise TypeError(
        f"a Condition that works across interpreters needs a subinterp_kernel.Lock or RLock, not {type(lock).__name__}")


cdef int _acquire_again(SharedLock *lock, size_t depth) except -1:
    cdef LockWait wait
    cdef Outcome outcome = lock.try_acquire(this_interpreter(), depth)
    if outcome == Outcome.not_yet:
        wait.lock = lock
        wait.interpreter = this_interpreter()
        wait.depth = depth
        outcome = <Outcome>wait_in_slices(wait, kNever, look_up)
    if outcome == Outcome.abandoned:
        raise AbandonedLockError
    return 0


@cython.final
cdef class Condition:
    """Threads wait until another one, of any interpreter, notifies them: :class:`threading.Condition` across those.

    Parameters
    ----------
    lock : Lock or RLock, optional
        What :meth:`wait` gives up meanwhile; without it a new :class:`RLock`.

    Raises
    ------
    TypeError
        The lock is another one, such as a ``threading.Lock``, which no other interpreter could use.

    Notes
    -----
    Those who wait are notified in the order of their coming. Passed to another interpreter, it takes its lock along.
    """

    cdef SharedCondition *_condition
    cdef object _lock

    _crosses_by_reference = True

    def __cinit__(self, lock=None, *, _id=None):
        self._condition = NULL
        if _id is not None:
            self._condition = <SharedCondition *>shared_acquire(<uint64_t>_id, Kind.condition, this_interpreter())
            if self._condition == NULL:
                raise BlockGoneError(f"there is no Condition {_id}: everyone who held it has let it go")
            self._lock = attach(self._condition.lock().id(), self._condition.lock().recursive)
            return
        self._lock = _checked(lock)
        self._condition = condition_over(<uint64_t>self._lock.id)
        if self._condition == NULL or not shared_add(self._condition, this_interpreter()):
            self._condition = NULL
            raise MemoryError("no memory for another Condition")

    def __init__(self, lock=None):
        pass

    def __dealloc__(self):
        if self._condition != NULL:
            shared_release(self._condition, this_interpreter())

    def acquire(self, blocking=True, timeout=-1):
        """Acquire its lock: see :meth:`Lock.acquire`."""
        return self._lock.acquire(blocking, timeout)

    def release(self):
        """Release its lock: see :meth:`Lock.release`."""
        self._lock.release()

    def locked(self):
        """Return whether somebody has its lock."""
        return self._lock.locked()

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, exc_type, exc_value, traceback):
        self._lock.__exit__(exc_type, exc_value, traceback)

    def wait(self, timeout=None):
        """Give up the lock, wait to be notified, take the lock again, and return whether a notification came in time.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for the notification; the lock is waited for without limit.

        Raises
        ------
        RuntimeError
            The lock was not acquired.
        AbandonedLockError
            The interpreter that held the lock meanwhile has ended; this thread does not have it.

        Notes
        -----
        What interrupts the wait is raised when the lock is taken again; what interrupts that, at once and without it.
        """
        cdef double patience = kNever if timeout is None else seconds(timeout)
        cdef SharedLock *lock = self._condition.lock()
        cdef ConditionWait wait
        cdef bint goes_on = False
        wait.interpreter = this_interpreter()
        self._condition.enter(wait)
        cdef size_t depth = lock.release_all()
        if depth == 0:
            self._condition.leave(wait, False)
            raise RuntimeError("cannot wait on un-acquired lock")
        try:
            try:
                wait_in_slices(wait, now() + patience, look_up)
                look_up()  # an interrupt that came before the notification must not swallow it
            finally:
                _acquire_again(lock, depth)
            goes_on = True
        finally:
            notified = self._condition.leave(wait, goes_on)
        return notified

    def wait_for(self, predicate, timeout=None):
        """Wait until ``predicate()`` is true, and return what it returned last; otherwise as :meth:`wait`.

        Parameters
        ----------
        predicate : callable
            Called with the lock held: at once, and after every notification.
        timeout : float, optional
            Seconds for all of it.
        """
        end = None if timeout is None else monotonic() + seconds(timeout)
        while not (result := predicate()):
            left = None if end is None else end - monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify(self, n=1):
        """Wake up to `n` of those who wait, or raise RuntimeError when the lock was not acquired."""
        if not self._condition.lock().may_be_used():
            raise RuntimeError("cannot notify on un-acquired lock")
        self._condition.notify(max(n, 0))

    def notify_all(self):
        """Wake all who wait; otherwise as :meth:`notify`."""
        self.notify(sys.maxsize)

    def __reduce__(self):
        return _attach_condition, (self.id,)

    def __repr__(self):
        return f"<Condition {self.id}: {'locked' if self.locked() else 'unlocked'}>"

    @property
    def id(self):
        """The condition's number in the process, never given out twice."""
        return self._condition.id()


def _attach_condition(id):
    return Condition.__new__(Condition, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
