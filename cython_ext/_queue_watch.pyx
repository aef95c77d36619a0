"""What coroutines need to wait for a queue: a wait that another thread makes, and that can be called off."""

import sys

from holder cimport this_interpreter
from libc.stdint cimport uint64_t
from module_reference cimport drop_surplus_module_reference
from queue cimport Queue as CQueue, Watch as CWatch
from shared cimport Kind, shared_acquire, shared_release
from slices cimport wait_in_slices
from waiting cimport Outcome, kNever
cimport cython

from subinterp_kernel.errors import BlockGoneError
from subinterp_kernel.waiting import look_up


@cython.final
cdef class Watch:
    """Looks out for an item in the queue of that id or, given a weight in bytes, for room for so much.

    Raises
    ------
    BlockGoneError
        There is no such queue.

    Notes
    -----
    Takes nothing out of the queue. :meth:`cancel` may be called by any thread.
    """

    cdef CQueue *_queue
    cdef CWatch _watch
    cdef object __weakref__
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, id, weight=None):
        self._queue = <CQueue *>shared_acquire(<uint64_t>id, Kind.queue, this_interpreter())
        if self._queue == NULL:
            raise BlockGoneError(f"there is no queue {id}: everyone who held it has let it go")
        self._watch.queue = self._queue
        if weight is not None:
            self._watch.for_room = True
            self._watch.weight = weight

    def __dealloc__(self):
        if self._queue != NULL:
            shared_release(self._queue, this_interpreter())

    def wait(self):
        """Wait until there is something, or a shutdown; False when it was cancelled."""
        return wait_in_slices(self._watch, kNever, look_up) == <int>Outcome.done

    def cancel(self):
        """End the wait now, or before it begins."""
        self._queue.cancel(self._watch)


drop_surplus_module_reference(sys.modules[__name__])
