"""Queues between the threads of all interpreters. Importable in every interpreter."""

import sys
from operator import index

from holder cimport this_interpreter
from libc.stdint cimport uint64_t
from module_reference cimport drop_surplus_module_reference
from queue cimport Awaited, Queue as CQueue, QueueWait
from queue_item cimport Item, Tag
from queue_packing cimport Packing, pack_pickle, pack_plain, unpack
from shared cimport Kind, shared_acquire, shared_add, shared_pin, shared_release
from slices cimport wait_in_slices
from waiting cimport Outcome, kNever, now
cimport cython

from subinterp_kernel import transfer
from subinterp_kernel.errors import BlockGoneError
from subinterp_kernel.waiting import look_up


@cython.final
cdef class Queue:
    """A first-in, first-out queue between the threads of all interpreters, used like :class:`queue.Queue`.

    Parameters
    ----------
    maxsize : int, default 0
        How many items may wait; :meth:`put` blocks while there are so many. 0 or less: no limit.
    maxbytes : int, default 0
        How many bytes of items may wait; 0 or less: no limit. An item that is larger passes when the queue is empty.

    Raises
    ------
    MemoryError
        There is no memory for it.

    Notes
    -----
    Items are copied in by :meth:`put` and out by :meth:`get`: None, bool, int of up to 64 bits, float, str, bytes and
    bytearray as they are, everything else by pickle, functions and classes of ``__main__`` by value. Shared objects
    arrive as further references to the same. An item keeps them alive until it was got, whatever becomes of the sender,
    except for the queue itself. (Two queues that wait within each other stay until one is got.)

    Any thread of any interpreter may call any method. Blocking calls wait in C without the GIL; Ctrl-C, an interrupt or
    the end of the interpreter end them, and neither lose nor double an item. Who waits longest is not always served
    first. `maxbytes` counts the bytes of texts (as CPython stores them), bytes and pickles, and 8 for a number, but no
    shared memory. All else is as in
    https://docs.python.org/3.13/library/queue.html.
    """

    _crosses_by_reference = True

    cdef CQueue *_queue
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, *args, **kwargs):
        self._queue = NULL

    def __init__(self, maxsize=0, *, maxbytes=0):
        if self._queue != NULL:
            raise RuntimeError("this queue was made already")
        cdef CQueue *made = new CQueue(index(maxsize), index(maxbytes))
        if not shared_add(made, this_interpreter()):
            raise MemoryError("no memory for a queue")
        self._queue = made

    def __dealloc__(self):
        if self._queue != NULL:
            shared_release(self._queue, this_interpreter())

    def put(self, item, bint block=True, timeout=None):
        """Append a copy of an item; wait while the queue is full, at most `timeout` seconds.

        Raises
        ------
        queue.Full
            There was no room in time, or at once if `block` is false.
        queue.ShutDown
            The queue was shut down.
        NotShareableError
            The item cannot be pickled; nothing was put.
        ValueError
            The timeout is negative.
        """
        cdef CQueue *queue = self._held()
        cdef Item packed
        # Packing may be expensive, and for nothing.
        if not block and queue.is_full() and not queue.is_shut_down():
            _raise_unless_done(Outcome.not_yet, "Full")
        _pack(item, &packed, queue)
        cdef Outcome outcome = Outcome.not_yet
        if timeout is None or not block:
            outcome = queue.try_put(packed)
        if outcome == Outcome.not_yet and block:
            outcome = _wait(Awaited.room, queue, &packed, timeout)
        _raise_unless_done(outcome, "Full")

    def get(self, bint block=True, timeout=None):
        """Remove and return the oldest item; wait while there is none, at most `timeout` seconds.

        Raises
        ------
        queue.Empty
            There was no item in time, or at once if `block` is false.
        queue.ShutDown
            The queue was shut down, and is empty.
        ValueError
            The timeout is negative.

        Notes
        -----
        An item that raises when it is unpickled is gone; but when that was an interrupt, it goes back to the front.
        """
        cdef Item item
        cdef CQueue *queue = self._held()
        cdef Outcome outcome = Outcome.not_yet
        if timeout is None or not block:
            outcome = queue.try_get(item)
        if outcome == Outcome.not_yet and block:
            outcome = _wait(Awaited.item, queue, &item, timeout)
        _raise_unless_done(outcome, "Empty")
        return self._unpacked(&item)

    cdef object _unpacked(self, Item *item):
        try:
            made = unpack(item[0])
            return transfer.loads(made) if item.tag == Tag.pickled else made
        except BaseException as error:
            # What no code of the item's own has refused is still good.
            if item.tag != Tag.pickled or not isinstance(error, Exception):
                self._queue.give_back(item[0])
            raise

    def put_nowait(self, item):
        """Append a copy of an item, as ``put(item, block=False)``."""
        self.put(item, False)

    def get_nowait(self):
        """Remove and return the oldest item, as ``get(block=False)``."""
        return self.get(False)

    def aput(self, item):
        """Return a coroutine that appends a copy of an item, which is made now; it waits while the queue is full.

        What cannot be pickled is a NotShareableError at once; ``await`` raises ``queue.ShutDown``.

        Notes
        -----
        For any loop in any interpreter. Each coroutine that has to wait takes a thread for that, never the loop's. One
        that is cancelled puts nothing. Of several that wait, here or in threads, any may be the first.
        """
        from subinterp_kernel import queue_coroutines
        return queue_coroutines.put(self, Parcel(self, item))

    def aget(self):
        """Return a coroutine that removes and returns the oldest item; it waits while there is none.

        As for :meth:`aput`; ``await`` raises ``queue.ShutDown`` when the queue was shut down, and is empty. One that is
        cancelled takes nothing.
        """
        from subinterp_kernel import queue_coroutines
        return queue_coroutines.get(self)

    def task_done(self):
        """Tell that an item that was got is done with; :meth:`join` waits for as many calls as there were items.

        Once too often, it raises ValueError.
        """
        if not self._held().task_done():
            raise ValueError("task_done() called too many times")

    def join(self):
        """Wait until :meth:`task_done` was called for every item that was put."""
        _wait(Awaited.tasks_done, self._held(), NULL, None)

    def shutdown(self, bint immediate=False):
        """Make puts raise ``queue.ShutDown``, and gets, too, once the queue is empty; whoever waits is woken.

        Parameters
        ----------
        immediate : bool, default False
            Drop the items, let go of what they have kept alive, and count each as a task that is done.
        """
        cdef CQueue *queue = self._held()
        with nogil:
            queue.shutdown(immediate)

    def qsize(self):
        """Return how many items wait; it may have changed by the time of the return."""
        return self._held().size()

    def empty(self):
        """Tell whether no item waits; it may have changed by the time of the return."""
        return self._held().size() == 0

    def full(self):
        """Tell whether a limit is reached; it may have changed by the time of the return."""
        return self._held().is_full()

    cdef CQueue *_held(self) except NULL:
        if self._queue == NULL:
            raise ValueError("this queue was never made: call Queue()")
        return self._queue

    def __reduce__(self):
        return _attach_queue, (self.id,)

    def __repr__(self):
        limit = f" of at most {self.maxsize}" if self.maxsize > 0 else ""
        return f"<Queue {self.id}: {self.qsize()}{limit} items>"

    @property
    def id(self):
        """The queue's number in the process, never given out twice."""
        return self._held().id()

    @property
    def maxsize(self):
        """How many items may wait; 0 or less: no limit."""
        return self._held().maxsize

    @property
    def maxbytes(self):
        """How many bytes of items may wait; 0 or less: no limit."""
        return self._held().maxbytes


def _attach_queue(id):
    cdef Queue self = Queue.__new__(Queue)
    self._queue = <CQueue *>shared_acquire(<uint64_t>id, Kind.queue, this_interpreter())
    if self._queue == NULL:
        raise BlockGoneError(f"there is no queue {id}: everyone who held it has let it go")
    return self


@cython.final
cdef class Parcel:
    """An item that waits for room in a queue: packed once, however often it is offered."""

    cdef Queue _queue
    cdef Item _item
    cdef readonly size_t weight

    def __init__(self, Queue queue not None, item):
        _pack(item, &self._item, queue._held())
        self._queue = queue
        self.weight = self._item.weight()

    def offer(self):
        """Put it, or return False if there is no room. It can be put once."""
        cdef Outcome outcome = self._queue._held().try_put(self._item)
        if outcome == Outcome.not_yet:
            return False
        _raise_unless_done(outcome, "Full")
        return True


cdef int _pack(value, Item *item, CQueue *queue) except -1:
    cdef Packing packing = pack_plain(value, item[0])
    if packing == Packing.needs_pickle:
        pickle, pins = transfer.dumps(value, "the item")
        for pin in pins:
            # An item that held its own queue would keep it alive for ever; whoever gets it holds the queue anyway.
            if pin.id != queue.id():
                shared_pin(pin.id, item.pins)
        packing = pack_pickle(pickle, item[0])
    if packing == Packing.no_memory:
        raise MemoryError("no memory for a copy of the item")
    return 0


cdef Outcome _wait(Awaited awaited, CQueue *queue, Item *item, timeout) except *:
    """Wait; `not_yet` when the time (seconds; None: no limit) was over."""
    if timeout is not None and not timeout >= 0:
        raise ValueError("'timeout' must be a non-negative number")
    cdef QueueWait wait
    wait.queue = queue
    wait.awaited = awaited
    wait.item = item
    return <Outcome>wait_in_slices(wait, kNever if timeout is None else now() + <double>timeout, look_up)


cdef int _raise_unless_done(Outcome outcome, str when_not_yet) except -1:
    if outcome == Outcome.done:
        return 0
    if outcome == Outcome.no_memory:
        raise MemoryError("no memory for another item")
    import queue  # late: interpreters that use no queue come up faster
    raise getattr(queue, "ShutDown" if outcome == Outcome.shut_down else when_not_yet)


drop_surplus_module_reference(sys.modules[__name__])
