"""Locks that work across the interpreters of the process, as those of threading do across threads."""

import sys

from holder cimport this_interpreter
from libc.stdint cimport uint64_t
from lock cimport LockWait, SharedLock
from module_reference cimport drop_surplus_module_reference
from shared cimport Kind, Shared, shared_acquire, shared_add, shared_release
from slices cimport wait_in_slices
from waiting cimport Outcome, kNever, now
cimport cython

from subinterp_kernel.errors import AbandonedLockError, BlockGoneError
from subinterp_kernel.waiting import look_up, seconds


cdef double _patience(bint blocking, timeout) except? -1:
    if not blocking:
        if timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    if type(timeout) is int and timeout == -1:
        return kNever
    cdef double patience = seconds(timeout)
    if patience < 0 and patience != -1:
        raise ValueError("timeout value must be a non-negative number")
    return kNever if patience == -1 else patience


cdef bint _acquire(SharedLock *lock, double patience) except -1:
    """Take it now, without giving the GIL away, or wait; False when the time is over."""
    cdef LockWait wait
    cdef Outcome outcome = lock.try_acquire(this_interpreter(), 1)
    if outcome == Outcome.not_yet and patience > 0:
        wait.lock = lock
        wait.interpreter = this_interpreter()
        outcome = <Outcome>wait_in_slices(wait, now() + patience, look_up)
    if outcome == Outcome.abandoned:
        raise AbandonedLockError
    return outcome == Outcome.done


cdef int _release(SharedLock *lock) except -1:
    if not lock.release():
        raise RuntimeError("cannot release un-acquired lock" if lock.recursive else "release unlocked lock")
    return 0


cdef int _leave(SharedLock *lock, error) except -1:
    # An error that says that the lock was lost must not be hidden by the complaint that there is nothing to release.
    if error is None or lock.is_mine():
        _release(lock)
    return 0


cdef Shared *_held(Shared *object, what) except NULL:
    """Put a new object into the table."""
    if object == NULL or not shared_add(object, this_interpreter()):
        raise MemoryError(f"no memory for another {what}")
    return object


cdef Shared *_found(id, Kind kind, what) except NULL:
    cdef Shared *object = shared_acquire(<uint64_t>id, kind, this_interpreter())
    if object == NULL:
        raise BlockGoneError(f"there is no {what} {id}: everyone who held it has let it go")
    return object


@cython.final
cdef class Lock:
    """A lock for threads of any interpreter: :class:`threading.Lock` across interpreters.

    Notes
    -----
    Who waits does so without the GIL, and can be interrupted. Any thread of any interpreter may release it. Passed to
    another interpreter it arrives as another object for the same lock, which lives until the last of these has gone.
    When the interpreter whose thread has acquired it ends, the lock is free, and whoever acquires it next gets an
    :class:`AbandonedLockError` instead. In a forked child, that goes for the locks of all interpreters but main.
    """

    cdef SharedLock *_lock
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, *, _id=None):
        self._lock = NULL
        if _id is None:
            self._lock = <SharedLock *>_held(new SharedLock(False), "Lock")
        else:
            self._lock = <SharedLock *>_found(_id, Kind.lock, "Lock")

    def __init__(self):
        pass

    def __dealloc__(self):
        if self._lock != NULL:
            shared_release(self._lock, this_interpreter())

    def acquire(self, blocking=True, timeout=-1):
        """Acquire the lock, and return whether that was possible in time.

        Parameters
        ----------
        blocking : bool
            Whether to wait until it is free.
        timeout : float
            For how many seconds at most; -1 without limit.

        Raises
        ------
        AbandonedLockError
            The interpreter that held it has ended. It was not acquired, and is free.
        ValueError, OverflowError
            As in :meth:`threading.Lock.acquire`.
        """
        return _acquire(self._lock, _patience(blocking, timeout))

    def release(self):
        """Release the lock, whoever has acquired it, or raise RuntimeError when nobody has."""
        _release(self._lock)

    def locked(self):
        """Return whether somebody has it; an abandoned one is free."""
        return self._lock.locked()

    def __enter__(self):
        return _acquire(self._lock, kNever)

    def __exit__(self, exc_type, exc_value, traceback):
        _leave(self._lock, exc_type)

    def __reduce__(self):
        return attach, (self.id, False)

    def __repr__(self):
        return f"<Lock {self.id}: {'locked' if self._lock.locked() else 'unlocked'}>"

    @property
    def id(self):
        """The lock's number in the process, never given out twice."""
        return self._lock.id()


@cython.final
cdef class RLock:
    """A lock that its owner may acquire again: :class:`threading.RLock` across interpreters.

    Notes
    -----
    The owner is a thread. All else is as for :class:`Lock`.
    """

    cdef SharedLock *_lock
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, *, _id=None):
        self._lock = NULL
        if _id is None:
            self._lock = <SharedLock *>_held(new SharedLock(True), "RLock")
        else:
            self._lock = <SharedLock *>_found(_id, Kind.rlock, "RLock")

    def __init__(self):
        pass

    def __dealloc__(self):
        if self._lock != NULL:
            shared_release(self._lock, this_interpreter())

    def acquire(self, blocking=True, timeout=-1):
        """Acquire the lock, or once more if this thread owns it; otherwise as :meth:`Lock.acquire`."""
        return _acquire(self._lock, _patience(blocking, timeout))

    def release(self):
        """Undo one acquisition, or raise RuntimeError when this thread does not own the lock."""
        _release(self._lock)

    def locked(self):
        """Return whether some thread owns it; an abandoned one is free."""
        return self._lock.locked()

    def __enter__(self):
        return _acquire(self._lock, kNever)

    def __exit__(self, exc_type, exc_value, traceback):
        _leave(self._lock, exc_type)

    def __reduce__(self):
        return attach, (self.id, True)

    def __repr__(self):
        return f"<RLock {self.id}: {'locked' if self._lock.locked() else 'unlocked'}>"

    @property
    def id(self):
        """The lock's number in the process, never given out twice."""
        return self._lock.id()


def attach(id, recursive):
    """Return another holder of the live lock of that id, or raise BlockGoneError."""
    return RLock.__new__(RLock, _id=id) if recursive else Lock.__new__(Lock, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
