"""Control of sub-interpreters: start, list, find, interrupt, end. Importable in every interpreter."""

import sys

from interrupt cimport interrupt as c_interrupt, interrupt_age
from libcpp.memory cimport make_shared
from lifecycle cimport frames_of_this_interpreter, spawn as c_spawn
from memory_tracing cimport tracemalloc_traces as c_tracemalloc_traces
from module_reference cimport drop_surplus_module_reference
from status cimport Status
from subinterp_kernel.bindings._request cimport Awaited, interrupted, make_request, raise_if, wait_for
from worker cimport (
    Snapshot, Worker as CWorker, WorkerPtr, abandoned_workers, answer, backlog, current_worker, find_by_name,
    leave_behind, live_workers, refuse_further_requests, snapshot, table_rename,
)

from subinterp_kernel.bindings._request import Request  # a part of this interface  # no-cython-lint

STATES = ("starting", "idle", "running", "closing", "closed", "abandoned", "failed")


cdef class Worker:
    """A handle on a worker. Made by :func:`spawn`, :func:`find` and :func:`live` only."""

    cdef WorkerPtr _worker
    cdef object _collectable  # see module_reference.hpp

    def __init__(self):
        raise TypeError("workers are made by spawn()")

    cdef CWorker *_get(self) except NULL:
        if self._worker.get() == NULL:
            raise TypeError("workers are made by spawn()")
        return self._worker.get()

    def __eq__(self, other):
        return isinstance(other, Worker) and (<Worker>other)._worker.get() == self._worker.get()

    def __hash__(self):
        return hash(self._get().handle)

    @property
    def handle(self):
        return self._get().handle

    def is_current(self):
        """Return whether the calling thread is the worker's own."""
        return current_worker() == self._get()

    @property
    def own_gil(self):
        return self._get().own_gil

    @property
    def name(self):
        return self._snapshot()[0]

    @property
    def state(self):
        return self._snapshot()[1]

    @property
    def interpreter_id(self):
        return self._snapshot()[2]

    @property
    def cells(self):
        return self._snapshot()[3]

    @property
    def failure(self):
        return self._snapshot()[4]

    def _snapshot(self):
        cdef Snapshot seen = snapshot(self._get()[0])
        return (seen.name.decode(), STATES[<int>seen.state], seen.interpreter_id, seen.cells,
                seen.failure.decode("utf-8", "replace"))

    def rename(self, str name):
        """Give the worker another name, or raise NameTakenError."""
        self._get()
        raise_if(table_rename(self._worker, name.encode()), f"an interpreter named {name!r}")

    def request(self, int kind, bytes payload, pins=(), bint announce=False):
        """Make a request, which :meth:`Request.post` sends.

        The request holds the shared objects in `pins`. With `announce`, the event reader is told of its start and end.
        """
        self._get()
        return make_request(self._worker, kind, payload, pins, announce)

    def interrupt(self):
        """Raise KeyboardInterrupt once in the current request; False if there is none."""
        return interrupted(self._get(), c_interrupt(self._get()[0], NULL))

    def interrupt_age(self):
        """Return for how many seconds an interrupt has waited for the code that runs to see it; 0 if none waits."""
        return interrupt_age(self._get()[0])

    def backlog(self):
        """Return how many cells and calls run or are queued."""
        return backlog(self._get()[0])

    def answer(self, bytes text):
        """Answer a prompt of the current request."""
        answer(self._get()[0], text)

    def refuse_further_requests(self):
        """Start to close: queued requests are refused, the current one goes on, then the interpreter ends."""
        cdef CWorker *worker = self._get()
        with nogil:
            refuse_further_requests(worker[0])

    def leave_behind(self):
        """Reply to the current request, which will not end; free the interpreter's name and the locks that it holds."""
        cdef CWorker *worker = self._get()
        with nogil:
            leave_behind(worker[0])

    def wait_until_up(self, double timeout=-1):
        """Wait until it serves requests or has failed to start; False after `timeout` seconds."""
        return wait_for(Awaited.UP, self._get(), NULL, timeout)

    def wait_until_down(self, double timeout=-1):
        """Wait until it has ended or was left behind; False after `timeout` seconds."""
        return wait_for(Awaited.DOWN, self._get(), NULL, timeout)


cdef Worker _wrap(WorkerPtr found):
    if found.get() == NULL:
        return None
    cdef Worker worker = Worker.__new__(Worker)
    worker._worker = found
    return worker


def spawn(str name, bint own_gil, str entry_module, list search_path):
    """Start a sub-interpreter on a thread of its own, without waiting until it is up.

    An empty name leaves it unnamed. `search_path` holds the entries of its ``sys.path`` in the file system's encoding.
    """
    cdef WorkerPtr worker = make_shared[CWorker]()
    cdef Status status
    worker.get().name = name.encode()
    worker.get().own_gil = own_gil
    worker.get().entry_module = entry_module.encode()
    for entry in search_path:
        worker.get().search_path.push_back(<bytes>entry)
    with nogil:
        status = c_spawn(worker)
    raise_if(status, f"an interpreter named {name!r}")
    return _wrap(worker)


def find(str name):
    """Return the live worker of that name, or None."""
    return _wrap(find_by_name(name.encode()))


def current_handle():
    """Return the handle of the worker whose own thread calls, or 0."""
    cdef CWorker *worker = current_worker()
    return 0 if worker == NULL else worker.handle


def live():
    """Return all live workers in the order in which they were made."""
    return [_wrap(worker) for worker in live_workers()]


def abandoned():
    """Return the workers that could not be ended."""
    return [_wrap(worker) for worker in abandoned_workers()]


def tracemalloc_traces():
    """Return whether :mod:`tracemalloc`, which only the main interpreter can import, traces memory now."""
    return c_tracemalloc_traces()


def current_frames():
    """Return the topmost frames of this interpreter's threads by thread ident."""
    return frames_of_this_interpreter()


drop_surplus_module_reference(sys.modules[__name__])
