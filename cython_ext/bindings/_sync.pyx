"""Events and semaphores across the interpreters of the process."""

import sys

from deadline cimport deadline_after
from event cimport EventWait, SharedEvent
from held cimport Held, raise_gone, this_interpreter
from module_reference cimport drop_surplus_module_reference
from semaphore cimport SemaphoreWait, SharedSemaphore
from shared_object cimport Kind
from status cimport Status
from wait cimport wait_interruptibly
cimport cython

from subinterp_kernel.bindings.timeouts import check_interrupts, optional_seconds


@cython.final
cdef class Event:
    """A flag that threads of any interpreter wait for: :class:`threading.Event` across interpreters.

    Raises
    ------
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe. A thread waits without the GIL, and the wait can be interrupted. Another interpreter receives another
    object for the same event.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> event = sk.Event()
    >>> event.wait(timeout=0.01)
    False
    >>> event.set()
    >>> event.wait()
    True
    """

    cdef Held[SharedEvent] _event
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, *, _id=None):
        if _id is None:
            self._event.make(this_interpreter())
        elif not self._event.find(this_interpreter(), _id, Kind.event):
            raise_gone("Event", _id)

    def __init__(self):
        pass

    def is_set(self):
        """Return whether the flag is set."""
        return self._event.get().is_set()

    def set(self):
        """Set the flag and wake all threads that wait for it."""
        self._event.get().set()

    def clear(self):
        """Unset the flag; threads that were already woken continue."""
        self._event.get().clear()

    def wait(self, timeout=None):
        """Wait until the flag is set, at most `timeout` seconds, and return whether it was set in time."""
        cdef double limit = optional_seconds(timeout)
        cdef EventWait wait
        if self._event.get().is_set():
            return True
        if limit <= 0:
            return False
        self._event.get().enter(wait)
        return wait_interruptibly(wait, deadline_after(limit), check_interrupts) == Status.ok

    def __reduce__(self):
        return _attach_event, (self.id,)

    def __repr__(self):
        return f"<Event {self.id}: {'set' if self._event.get().is_set() else 'unset'}>"

    @property
    def id(self):
        """The number of the event in the process, never used twice."""
        return self._event.get().id()


@cython.final
cdef class Semaphore:
    """A counter that threads of any interpreter decrement: :class:`threading.Semaphore` across interpreters.

    Parameters
    ----------
    value : int, default 1
        The number of acquisitions before the next one must wait.

    Raises
    ------
    ValueError
        The value is negative.
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe. A semaphore has no owner: an interpreter that ends does not release what it acquired.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> semaphore = sk.Semaphore(2)
    >>> semaphore.acquire(), semaphore.acquire(), semaphore.acquire(blocking=False)
    (True, True, False)
    >>> semaphore.release(2)
    """

    cdef Held[SharedSemaphore] _semaphore
    cdef object _collectable  # see module_reference.hpp

    _crosses_by_reference = True

    def __cinit__(self, value=1, *, _id=None):
        if _id is None:
            if value < 0:
                raise ValueError("semaphore initial value must be >= 0")
            self._semaphore.make(this_interpreter(), <size_t>value)
        elif not self._semaphore.find(this_interpreter(), _id, Kind.semaphore):
            raise_gone("Semaphore", _id)

    def __init__(self, value=1):
        pass

    def acquire(self, blocking=True, timeout=None):
        """Decrement the counter, and return whether that was possible in time.

        Parameters
        ----------
        blocking : bool
            Whether to wait while the counter is 0.
        timeout : float, optional
            The longest wait in seconds.

        Raises
        ------
        ValueError
            There is a timeout, but `blocking` is false.
        """
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        cdef double limit = optional_seconds(timeout) if blocking else 0
        cdef SemaphoreWait wait
        if self._semaphore.get().try_acquire():
            return True
        if limit <= 0:
            return False
        wait.semaphore = self._semaphore.get()
        return wait_interruptibly(wait, deadline_after(limit), check_interrupts) == Status.ok

    def release(self, n=1):
        """Add `n` to the counter; raise ValueError if it is below 1, and OverflowError if the sum is too large."""
        if n < 1:
            raise ValueError("n must be one or more")
        if not self._semaphore.get().release(<size_t>n):
            raise OverflowError("the counter of the semaphore would be too large: release fewer")

    def __enter__(self):
        return self.acquire()

    def __exit__(self, exc_type, exc_value, traceback):
        self._semaphore.get().release(1)

    def __reduce__(self):
        return _attach_semaphore, (self.id,)

    def __repr__(self):
        return f"<Semaphore {self.id}: value={self._semaphore.get().value()}>"

    @property
    def id(self):
        """The number of the semaphore in the process, never used twice."""
        return self._semaphore.get().id()


def _attach_event(id):
    return Event.__new__(Event, _id=id)


def _attach_semaphore(id):
    return Semaphore.__new__(Semaphore, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
