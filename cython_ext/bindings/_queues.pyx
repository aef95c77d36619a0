"""Queues across the interpreters of the process. Importable in every interpreter."""

import sys
from operator import index

from deadline cimport deadline_after
from held cimport Held, pin, raise_gone, this_interpreter
from libc.stddef cimport size_t
from libc.stdint cimport int64_t
from module_reference cimport drop_surplus_module_reference
from queue cimport Awaited, Queue as CQueue, QueueWait
from queue_item cimport Item, Tag
from queue_serialization cimport deserialize, serialize_pickle, serialize_plain
from shared_object cimport Kind
from status cimport Status
from wait cimport wait_interruptibly
cimport cython

from subinterp_kernel.shared import serialization
from subinterp_kernel.bindings.timeouts import UNLIMITED, check_interrupts


@cython.final
cdef class Queue:
    """A first-in, first-out queue for threads of any interpreter: :class:`queue.Queue` across interpreters.

    Parameters
    ----------
    maxsize : int, default 0
        The maximum number of items; :meth:`put` blocks while there are as many. 0 or less: no limit.
    maxbytes : int, default 0
        The maximum number of bytes of all items; 0 or less: no limit. A larger item can be put if the queue is empty.

    Raises
    ------
    MemoryError
        There is no memory for it.

    Notes
    -----
    :meth:`put` and :meth:`get` copy items: None, bool, int of up to 64 bits, float, str, bytes and bytearray directly,
    other objects by pickle, functions and classes of ``__main__`` by value. Shared objects arrive as further
    references. An item keeps them alive until it is taken out, except for the queue itself. (Two queues that contain
    each other stay alive until one is taken out.) Objects that refer to the same queue compare equal.

    Thread-safe. A thread waits without the GIL. Ctrl-C, an interrupt or the end of the interpreter end the wait, and
    never lose or duplicate an item. Waiting threads are not served in a particular order. `maxbytes` counts the bytes
    of strings (as CPython stores them), bytes and pickles, and 8 for a number, but not shared memory. Otherwise as in
    https://docs.python.org/3.13/library/queue.html.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> queue = sk.Queue(maxsize=2)
    >>> queue.put("first")
    >>> queue.put({"second": 2})
    >>> queue.full()
    True
    >>> queue.get(), queue.get(timeout=1)
    ('first', {'second': 2})
    """

    _crosses_by_reference = True

    cdef Held[CQueue] _queue
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, maxsize=0, *, maxbytes=0, _id=None):
        if _id is None:
            self._queue.make(this_interpreter(), <int64_t>index(maxsize), <int64_t>index(maxbytes))
        elif not self._queue.find(this_interpreter(), _id, Kind.queue):
            raise_gone("Queue", _id)

    def __init__(self, maxsize=0, *, maxbytes=0):
        pass

    def put(self, item, bint block=True, timeout=None):
        """Append a copy of an item; wait while the queue is full, at most `timeout` seconds.

        Raises
        ------
        QueueFull
            A ``queue.Full``: the queue stayed full, or is full and `block` is false.
        queue.ShutDown
            The queue was shut down.
        NotShareableError
            The item cannot be pickled.
        ValueError
            The timeout is negative.
        """
        cdef CQueue *queue = self._queue.get()
        cdef Item copy
        # The copy may be expensive; do not make it for a full queue.
        if not block and queue.is_full() and not queue.is_shut_down():
            _raise_unless_ok(Status.timeout, "QueueFull")
        _serialize(item, &copy, queue)
        cdef Status status = Status.timeout
        if timeout is None or not block:
            status = queue.try_put(copy)
        if status == Status.timeout and block:
            status = _wait(Awaited.room, queue, &copy, timeout)
        _raise_unless_ok(status, "QueueFull")

    def get(self, bint block=True, timeout=None):
        """Remove and return the oldest item; wait while there is none, at most `timeout` seconds.

        Raises
        ------
        QueueEmpty
            A ``queue.Empty``: the queue stayed empty, or is empty and `block` is false.
        queue.ShutDown
            The queue was shut down and is empty.
        ValueError
            The timeout is negative.

        Notes
        -----
        An item whose unpickling raises an exception is lost; after an interrupt it goes back to the front.
        """
        cdef Item item
        cdef CQueue *queue = self._queue.get()
        cdef Status status = Status.timeout
        if timeout is None or not block:
            status = queue.try_get(item)
        if status == Status.timeout and block:
            status = _wait(Awaited.item, queue, &item, timeout)
        _raise_unless_ok(status, "QueueEmpty")
        return self._deserialized(&item)

    cdef object _deserialized(self, Item *item):
        try:
            made = deserialize(item[0])
            return serialization.loads(made) if item.tag == Tag.pickled else made
        except BaseException as error:
            # Keep the item, unless code in its pickle raised the error.
            if item.tag != Tag.pickled or not isinstance(error, Exception):
                self._queue.get().put_back(item[0])
            raise

    def put_nowait(self, item):
        """Append a copy of an item, as ``put(item, block=False)``."""
        self.put(item, False)

    def get_nowait(self):
        """Remove and return the oldest item, as ``get(block=False)``."""
        return self.get(False)

    def aput(self, item):
        """Return a coroutine that appends a copy of an item, which is made now; it waits while the queue is full.

        Raises NotShareableError at once if the item cannot be pickled; ``await`` raises ``queue.ShutDown``.

        Notes
        -----
        For any loop in any interpreter. Each coroutine that has to wait starts a thread that waits. A cancelled
        coroutine puts nothing. Waiting coroutines and threads are not served in a particular order.
        """
        from subinterp_kernel.shared import queue_asyncio
        return queue_asyncio.put(self, Parcel(self, item))

    def aget(self):
        """Return a coroutine that removes and returns the oldest item; it waits while there is none.

        As for :meth:`aput`; ``await`` raises ``queue.ShutDown`` if the queue was shut down and is empty. A cancelled
        coroutine takes nothing.
        """
        from subinterp_kernel.shared import queue_asyncio
        return queue_asyncio.get(self)

    def task_done(self):
        """Mark an item as processed; :meth:`join` waits for one call per item.

        Raises ValueError if it was called for all items before.
        """
        if not self._queue.get().task_done():
            raise ValueError("task_done() called too many times")

    def join(self):
        """Wait until :meth:`task_done` was called for every item that was put."""
        _wait(Awaited.tasks_done, self._queue.get(), NULL, None)

    def shutdown(self, bint immediate=False):
        """Make :meth:`put` raise ``queue.ShutDown``, and :meth:`get`, too, once the queue is empty; wake all threads.

        Parameters
        ----------
        immediate : bool, default False
            Drop the items, and count each as a task that is done.
        """
        cdef CQueue *queue = self._queue.get()
        cdef Status status
        with nogil:
            status = queue.shutdown(immediate)
        _raise_unless_ok(status, "QueueFull")

    def qsize(self):
        """Return the number of items, which other threads may change at any time."""
        return self._queue.get().size()

    def empty(self):
        """Return whether the queue is empty, which other threads may change at any time."""
        return self._queue.get().size() == 0

    def full(self):
        """Return whether a limit is reached, which other threads may change at any time."""
        return self._queue.get().is_full()

    def __reduce__(self):
        return _attach_queue, (self.id,)

    def __eq__(self, other):
        return self.id == (<Queue>other).id if isinstance(other, Queue) else NotImplemented

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        limit = f" of at most {self.maxsize}" if self.maxsize > 0 else ""
        return f"<Queue {self.id}: {self.qsize()}{limit} items>"

    @property
    def id(self):
        """The number of the queue in the process, never used twice."""
        return self._queue.get().id()

    @property
    def maxsize(self):
        """The maximum number of items; 0 or less: no limit."""
        return self._queue.get().maxsize

    @property
    def maxbytes(self):
        """The maximum number of bytes of all items; 0 or less: no limit."""
        return self._queue.get().maxbytes


def _attach_queue(id):
    return Queue.__new__(Queue, _id=id)


@cython.final
cdef class Parcel:
    """A copy of an item for a queue, which is made once and can be offered repeatedly."""

    cdef Queue _queue
    cdef Item _item
    cdef readonly size_t weight

    def __cinit__(self, Queue queue not None, item):
        _serialize(item, &self._item, queue._queue.get())
        self._queue = queue
        self.weight = self._item.weight()

    def offer(self):
        """Put the item, or return False if the queue is full. It can be put once."""
        cdef Status status = self._queue._queue.get().try_put(self._item)
        if status == Status.timeout:
            return False
        _raise_unless_ok(status, "QueueFull")
        return True


cdef int _serialize(value, Item *item, CQueue *queue) except -1:
    if serialize_plain(value, item[0]):
        return 0
    pickle, shared = serialization.dumps(value, "the item")
    for each in shared:
        # An item that held its own queue would keep it alive for ever, and its receiver holds the queue anyway.
        if each.id != queue.id():
            pin(each.id, item.pins)
    serialize_pickle(pickle, item[0])
    return 0


cdef Status _wait(Awaited awaited, CQueue *queue, Item *item, timeout) except *:
    """Wait; Status.timeout if that took `timeout` seconds (None: no limit)."""
    if timeout is not None and not timeout >= 0:
        raise ValueError("'timeout' must be a non-negative number")
    cdef double limit = UNLIMITED if timeout is None else timeout
    cdef QueueWait wait
    wait.queue = queue
    wait.awaited = awaited
    wait.item = item
    return wait_interruptibly(wait, deadline_after(limit), check_interrupts)


cdef int _raise_unless_ok(Status status, str name_for_timeout) except -1:
    if status == Status.ok:
        return 0
    if status == Status.no_memory:
        raise MemoryError("no memory left for the queue: take items out first")
    # Imported here, so that interpreters that use no queue start faster.
    if status == Status.shut_down:
        import queue
        raise queue.ShutDown
    from subinterp_kernel.shared import queue_errors
    raise getattr(queue_errors, name_for_timeout)


drop_surplus_module_reference(sys.modules[__name__])
