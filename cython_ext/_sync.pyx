"""Events and semaphores that work across the interpreters of the process."""

import sys

from event cimport EventWait, SharedEvent
from holder cimport this_interpreter
from libc.stdint cimport uint64_t
from module_reference cimport drop_surplus_module_reference
from semaphore cimport SemaphoreWait, SharedSemaphore
from shared cimport Kind, Shared, shared_acquire, shared_add, shared_release
from slices cimport wait_in_slices
from waiting cimport Outcome, kNever, now
cimport cython

from subinterp_kernel.errors import BlockGoneError
from subinterp_kernel.waiting import look_up, seconds


cdef Shared *_held(Shared *object, what) except NULL:
    """Put a new object into the table."""
    if not shared_add(object, this_interpreter()):
        raise MemoryError(f"no memory for another {what}")
    return object


cdef Shared *_found(id, Kind kind, what) except NULL:
    cdef Shared *object = shared_acquire(<uint64_t>id, kind, this_interpreter())
    if object == NULL:
        raise BlockGoneError(f"there is no {what} {id}: everyone who held it has let it go")
    return object


cdef double _patience(timeout) except? -1:
    return kNever if timeout is None else seconds(timeout)


@cython.final
cdef class Event:
    """A flag that threads of any interpreter wait for: :class:`threading.Event` across interpreters.

    Notes
    -----
    Who waits does so without the GIL, and can be interrupted. Passed to another interpreter it arrives as another
    object for the same event.
    """

    cdef SharedEvent *_event
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, *, _id=None):
        self._event = NULL
        if _id is None:
            self._event = <SharedEvent *>_held(new SharedEvent(), "Event")
        else:
            self._event = <SharedEvent *>_found(_id, Kind.event, "Event")

    def __init__(self):
        pass

    def __dealloc__(self):
        if self._event != NULL:
            shared_release(self._event, this_interpreter())

    def is_set(self):
        """Return whether the flag is set."""
        return self._event.is_set()

    def set(self):
        """Set the flag and wake all who wait for it."""
        self._event.set()

    def clear(self):
        """Take the flag back; who was already woken goes on."""
        self._event.clear()

    def wait(self, timeout=None):
        """Wait until the flag is set, and return whether it was within `timeout` seconds."""
        cdef double patience = _patience(timeout)
        cdef EventWait wait
        if self._event.is_set():
            return True
        if patience <= 0:
            return False
        self._event.enter(wait)
        return wait_in_slices(wait, now() + patience, look_up) == <int>Outcome.done

    def __reduce__(self):
        return _attach_event, (self.id,)

    def __repr__(self):
        return f"<Event {self.id}: {'set' if self._event.is_set() else 'unset'}>"

    @property
    def id(self):
        """The event's number in the process, never given out twice."""
        return self._event.id()


@cython.final
cdef class Semaphore:
    """A counter that threads of any interpreter take from: :class:`threading.Semaphore` across interpreters.

    Parameters
    ----------
    value : int, default 1
        How many may be acquired before the next has to wait.

    Raises
    ------
    ValueError
        The value is negative.

    Notes
    -----
    Nobody owns a semaphore: what an interpreter has acquired is not given back when it ends.
    """

    cdef SharedSemaphore *_semaphore
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, value=1, *, _id=None):
        self._semaphore = NULL
        if _id is not None:
            self._semaphore = <SharedSemaphore *>_found(_id, Kind.semaphore, "Semaphore")
            return
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._semaphore = <SharedSemaphore *>_held(new SharedSemaphore(<size_t>value), "Semaphore")

    def __init__(self, value=1):
        pass

    def __dealloc__(self):
        if self._semaphore != NULL:
            shared_release(self._semaphore, this_interpreter())

    def acquire(self, blocking=True, timeout=None):
        """Take one, and return whether that was possible in time.

        Parameters
        ----------
        blocking : bool
            Whether to wait until there is one.
        timeout : float, optional
            For how many seconds at most.

        Raises
        ------
        ValueError
            There is a timeout, but no blocking.
        """
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        cdef double patience = _patience(timeout) if blocking else 0
        cdef SemaphoreWait wait
        if self._semaphore.try_acquire():
            return True
        if patience <= 0:
            return False
        wait.semaphore = self._semaphore
        return wait_in_slices(wait, now() + patience, look_up) == <int>Outcome.done

    def release(self, n=1):
        """Give `n` back, or raise ValueError when that is less than one."""
        if n < 1:
            raise ValueError("n must be one or more")
        if not self._semaphore.release(<size_t>n):
            raise OverflowError("the semaphore cannot count that far")

    def __enter__(self):
        return self.acquire()

    def __exit__(self, exc_type, exc_value, traceback):
        self._semaphore.release(1)

    def __reduce__(self):
        return _attach_semaphore, (self.id,)

    def __repr__(self):
        return f"<Semaphore {self.id}: value={self._semaphore.value()}>"

    @property
    def id(self):
        """The semaphore's number in the process, never given out twice."""
        return self._semaphore.id()


def _attach_event(id):
    return Event.__new__(Event, _id=id)


def _attach_semaphore(id):
    return Semaphore.__new__(Semaphore, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
