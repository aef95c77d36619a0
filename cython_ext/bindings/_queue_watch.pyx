"""Cancellable waits for queues, which threads make for coroutines."""

import sys

from deadline cimport kNever
from held cimport Held, raise_gone, this_interpreter
from module_reference cimport drop_surplus_module_reference
from queue cimport Queue as CQueue, Watch as CWatch
from shared_object cimport Kind
from status cimport Status
from wait cimport wait_interruptibly
cimport cython

from subinterp_kernel.bindings.timeouts import check_interrupts


@cython.final
cdef class Watch:
    """A wait for an item in the queue of that id or, with `weight`, for room for so many bytes.

    Raises
    ------
    SharedObjectGoneError
        There is no such queue.

    Notes
    -----
    Thread-safe. Takes nothing out of the queue.
    """

    cdef Held[CQueue] _queue
    cdef CWatch _watch
    cdef object __weakref__
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, id, weight=None):
        if not self._queue.find(this_interpreter(), id, Kind.queue):
            raise_gone("Queue", id)
        self._watch.queue = self._queue.get()
        if weight is not None:
            self._watch.for_room = True
            self._watch.weight = weight

    def wait(self):
        """Wait, also for a shutdown of the queue; return False if the wait was cancelled."""
        return wait_interruptibly(self._watch, kNever, check_interrupts) == Status.ok

    def cancel(self):
        """End the wait now, or as soon as it starts."""
        self._queue.get().cancel(self._watch)


drop_surplus_module_reference(sys.modules[__name__])
