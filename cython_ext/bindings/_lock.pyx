"""Locks across the interpreters of the process, used like those of :mod:`threading`."""

import sys

from deadline cimport deadline_after
from held cimport Held, raise_gone, this_interpreter
from libc.stddef cimport size_t
from libcpp cimport bool
from lock cimport LockWait, SharedLock
from module_reference cimport drop_surplus_module_reference
from shared_object cimport Kind
from status cimport Status
from wait cimport wait_interruptibly
cimport cython

from subinterp_kernel.errors import AbandonedLockError
from subinterp_kernel.bindings.timeouts import UNLIMITED, check_interrupts, seconds


cdef double _seconds_of(bint blocking, timeout) except? -1:
    if not blocking:
        if timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    if type(timeout) is int and timeout == -1:
        return UNLIMITED
    cdef double limit = seconds(timeout)
    if limit < 0 and limit != -1:
        raise ValueError("timeout value must be a non-negative number")
    return UNLIMITED if limit == -1 else limit


cdef bint acquire_lock(SharedLock *lock, size_t depth, double limit) except -1:
    cdef LockWait wait
    cdef Status status = lock.try_acquire(this_interpreter(), depth)
    if status == Status.timeout and limit > 0:
        wait.lock = lock
        wait.interpreter = this_interpreter()
        wait.depth = depth
        status = wait_interruptibly(wait, deadline_after(limit), check_interrupts)
    if status == Status.abandoned:
        raise AbandonedLockError
    return status == Status.ok


cdef int _release(SharedLock *lock) except -1:
    if not lock.release():
        raise RuntimeError("cannot release un-acquired lock" if lock.recursive else "release unlocked lock")
    return 0


cdef int _exit(SharedLock *lock, error) except -1:
    # After an error the lock may be lost; a RuntimeError about that must not hide the error.
    if error is None or lock.is_mine():
        _release(lock)
    return 0


@cython.final
cdef class Lock:
    """A lock for threads of any interpreter: :class:`threading.Lock` across interpreters.

    Raises
    ------
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe. A thread waits without the GIL, and the wait can be interrupted. Any thread of any interpreter may
    release the lock. Another interpreter receives another object for the same lock, which lives until the last of
    these objects is gone. When the interpreter of the thread that acquired it ends, the lock becomes free, and the next
    :meth:`acquire` raises :class:`AbandonedLockError` instead. In a forked child this applies to the locks of all
    interpreters except main.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> lock = sk.Lock()
    >>> with lock:
    ...     lock.locked()
    True
    >>> lock.acquire(timeout=1)
    True
    >>> lock.acquire(blocking=False)
    False
    >>> lock.release()
    """

    cdef Held[SharedLock] _lock
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, *, _id=None):
        if _id is None:
            self._lock.make(this_interpreter(), <bool>False)
        elif not self._lock.find(this_interpreter(), _id, Kind.lock):
            raise_gone("Lock", _id)

    def __init__(self):
        pass

    def acquire(self, blocking=True, timeout=-1):
        """Acquire the lock, and return whether it was acquired in time.

        Parameters
        ----------
        blocking : bool
            Whether to wait until it is free.
        timeout : float
            The longest wait in seconds; -1 for no limit.

        Raises
        ------
        AbandonedLockError
            The interpreter that held the lock has ended. The lock was not acquired, and is free.
        ValueError, OverflowError
            As in :meth:`threading.Lock.acquire`.
        """
        return acquire_lock(self._lock.get(), 1, _seconds_of(blocking, timeout))

    def release(self):
        """Release the lock, which any thread may have acquired, or raise RuntimeError if it is free."""
        _release(self._lock.get())

    def locked(self):
        """Return whether the lock is held; an abandoned one is free."""
        return self._lock.get().locked()

    def __enter__(self):
        return acquire_lock(self._lock.get(), 1, UNLIMITED)

    def __exit__(self, exc_type, exc_value, traceback):
        _exit(self._lock.get(), exc_type)

    def __reduce__(self):
        return attach, (self.id, False)

    def __repr__(self):
        return f"<Lock {self.id}: {'locked' if self._lock.get().locked() else 'unlocked'}>"

    @property
    def id(self):
        """The number of the lock in the process, never used twice."""
        return self._lock.get().id()


@cython.final
cdef class RLock:
    """A lock that its owner may acquire again: :class:`threading.RLock` across interpreters.

    Raises
    ------
    MemoryError
        There is no memory for it.

    Notes
    -----
    The owner is a thread. Otherwise as for :class:`Lock`.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> lock = sk.RLock()
    >>> with lock, lock:
    ...     lock.locked()
    True
    >>> lock.locked()
    False
    """

    cdef Held[SharedLock] _lock
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, *, _id=None):
        if _id is None:
            self._lock.make(this_interpreter(), <bool>True)
        elif not self._lock.find(this_interpreter(), _id, Kind.rlock):
            raise_gone("RLock", _id)

    def __init__(self):
        pass

    def acquire(self, blocking=True, timeout=-1):
        """Acquire the lock, or once more if this thread owns it; otherwise as :meth:`Lock.acquire`."""
        return acquire_lock(self._lock.get(), 1, _seconds_of(blocking, timeout))

    def release(self):
        """Undo one acquisition, or raise RuntimeError if this thread does not own the lock."""
        _release(self._lock.get())

    def locked(self):
        """Return whether some thread owns it; an abandoned one is free."""
        return self._lock.get().locked()

    def __enter__(self):
        return acquire_lock(self._lock.get(), 1, UNLIMITED)

    def __exit__(self, exc_type, exc_value, traceback):
        _exit(self._lock.get(), exc_type)

    def __reduce__(self):
        return attach, (self.id, True)

    def __repr__(self):
        return f"<RLock {self.id}: {'locked' if self._lock.get().locked() else 'unlocked'}>"

    @property
    def id(self):
        """The number of the lock in the process, never used twice."""
        return self._lock.get().id()


def attach(id, recursive):
    """Return another object for the live lock of that id, or raise SharedObjectGoneError."""
    return RLock.__new__(RLock, _id=id) if recursive else Lock.__new__(Lock, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
