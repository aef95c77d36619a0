"""Sub-interpreters seen from outside: start, ask, wait, interrupt, end, list. Importable in every interpreter."""

import sys

from shared cimport shared_pin
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint64_t
from libcpp.deque cimport deque
from libcpp.memory cimport make_shared
from lifecycle cimport (
    bury_abandoned as c_bury_abandoned, frames_of_this_interpreter, interrupt as c_interrupt, spawn as c_spawn,
)
from module_reference cimport drop_surplus_module_reference
from runtime_list cimport install_fork_handlers, runtime_list_prepare
from worker cimport (
    Event, Request as CRequest, RequestPtr, Seconds, Snapshot, Status, Worker as CWorker, WorkerPtr, abandoned_workers,
    answer, backlog, consume_interrupt, current_worker, find_by_name, give_up, kClosed, kInterrupted, kNameTaken,
    kNoThread, kNotRunning, kOk, kRefused, kTimeout, live_workers, mark_dispatched, next_request_id, nudge, post,
    post_query, refuse_further_requests, snapshot, start_reader, stop_reader, table_rename, take_events,
    wait_dispatched, wait_reply, wait_until_down, wait_until_up, withdraw,
)

from subinterp_kernel.errors import ClosedError, InterpreterError, NameTakenError

STATES = ("starting", "idle", "running", "closing", "closed", "abandoned", "failed")

cdef extern from *:
    """
    // How long a wait may keep a signal from its Python handler, in seconds.
    constexpr double kSlice = 0.05;
    """
    double kSlice


cdef enum Awaited:
    REPLY
    SHOWN
    UP
    DOWN


cdef int _raise_if(Status status, str what) except -1:
    if status == kOk or status == kTimeout:
        return 0
    if status == kClosed:
        raise ClosedError(f"{what} is closed")
    if status == kNameTaken:
        raise NameTakenError(f"there is already {what}; get it with get(), or choose another name")
    if status == kNoThread:
        raise InterpreterError(f"{what} could not start: the system refused another thread")
    if status == kRefused:
        raise InterpreterError(f"{what} has too many interrupts waiting; try again when it has handled them")
    raise InterpreterError(f"{what}: unexpected status {<int>status}")


def _because(failure):
    return f" (it ended with: {failure})" if failure else ""


cdef int _check_interrupts() except -1:
    """Let a signal (main thread) or an interrupt (a worker's thread) end the wait that calls this."""
    cdef CWorker *worker = current_worker()
    if worker == NULL:
        PyErr_CheckSignals()
    elif consume_interrupt(worker[0]):
        raise KeyboardInterrupt
    return 0


cdef bint _wait(Awaited awaited, CWorker *worker, CRequest *request, double left) except -1:
    """Wait without the GIL, in slices; True when it came, False when the time (seconds; negative: none) was over."""
    cdef double part
    cdef Status status
    while True:
        part = kSlice if left < 0 or left > kSlice else left
        with nogil:
            if awaited == REPLY:
                status = wait_reply(worker[0], request[0], part)
            elif awaited == SHOWN:
                status = wait_dispatched(worker[0], request[0], part)
            elif awaited == UP:
                status = wait_until_up(worker[0], part)
            else:
                status = wait_until_down(worker[0], part)
        if status == kOk:
            return True
        if status == kInterrupted:
            return False
        if left >= 0:
            left -= part
            if left <= 0:
                return False
        _check_interrupts()


cdef class Request:
    """A request that was posted; its reply is read from here."""

    cdef RequestPtr _request
    cdef WorkerPtr _worker
    cdef bint _posted
    cdef object _collectable  # see module_reference.hpp

    @property
    def id(self):
        return self._request.get().id

    def post(self):
        """Send it; waits, interruptibly, while the mailbox is full.

        Two steps, so that whoever is interrupted at any moment has the request in hand and can ask whether it was sent.
        """
        cdef Status status = kTimeout
        while status == kTimeout:
            with nogil:
                status = post(self._worker.get()[0], self._request, kSlice)
            if status == kTimeout:
                _check_interrupts()
        if status == kClosed:
            seen = _wrap(self._worker)
            raise ClosedError(f"interpreter {seen.name!r} is closed: create another one" + _because(seen.failure))
        self._posted = True

    def post_aside(self):
        """Send it to the thread that answers queries, whatever the interpreter's own thread does."""
        if post_query(self._worker.get()[0], self._request) == kClosed:
            raise ClosedError(f"interpreter {_wrap(self._worker).name!r} is closed")
        self._posted = True

    @property
    def posted(self):
        """Whether it was sent."""
        return self._posted

    def done(self):
        """Tell whether the reply is there."""
        return wait_reply(self._worker.get()[0], self._request.get()[0], 0) == kOk

    def nudge(self):
        """Let :meth:`wait` return False soon."""
        nudge(self._worker.get()[0], self._request.get()[0])

    def withdraw(self):
        """Take it back, if the worker has not come to it; False when it has."""
        return withdraw(self._worker.get()[0], self._request.get()[0])

    def interrupt(self):
        """Raise KeyboardInterrupt once in it, if it runs now; False when it does not."""
        return _interrupt(self._worker.get(), self._request.get())

    def wait(self, double timeout=-1):
        """Wait for the reply, interruptibly.

        False when `timeout` seconds have passed (negative: no limit), or on a nudge.
        """
        return _wait(REPLY, self._worker.get(), self._request.get(), timeout)

    def wait_shown(self, double timeout=-1):
        """Wait until all that was emitted before the reply has been handed on."""
        return _wait(SHOWN, self._worker.get(), self._request.get(), timeout)

    def release(self):
        """Let go of the shared memory that the reply has pinned, after it was unpickled."""
        self._request.get().reply.pins.clear()

    def reply(self):
        """Return the kind and the payload of the reply."""
        cdef CRequest *request = self._request.get()
        payload = PyBytes_FromStringAndSize(request.reply.payload.data(), request.reply.payload.size())
        return request.reply.kind, payload


cdef class Worker:
    """A handle on a sub-interpreter's thread and mailboxes."""

    cdef WorkerPtr _worker
    cdef object _collectable  # see module_reference.hpp

    def __eq__(self, other):
        return isinstance(other, Worker) and (<Worker>other)._worker.get() == self._worker.get()

    def __hash__(self):
        return hash(self._worker.get().handle)

    @property
    def handle(self):
        return self._worker.get().handle

    def is_current(self):
        """Tell whether the calling thread is the worker's own."""
        return current_worker() == self._worker.get()

    @property
    def own_gil(self):
        return self._worker.get().own_gil

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
        cdef Snapshot seen = snapshot(self._worker.get()[0])
        return (seen.name.decode(), STATES[<int>seen.state], seen.interpreter_id, seen.cells,
                seen.failure.decode("utf-8", "replace"))

    def rename(self, str name):
        """Give it another name, or raise NameTakenError."""
        _raise_if(table_rename(self._worker, name.encode()), f"an interpreter named {name!r}")

    def request(self, int kind, bytes payload, pins=(), bint announce=False):
        """Make a request, which :meth:`Request.post` will send.

        The message holds the blocks in `pins`. With `announce`, the event reader learns of its begin and its reply.
        """
        cdef Request made = Request.__new__(Request)
        made._request = make_shared[CRequest]()
        made._worker = self._worker
        made._request.get().id = next_request_id()
        made._request.get().announce = announce
        made._request.get().message.kind = kind
        made._request.get().message.payload.assign(<const char *>payload, len(payload))
        for block in pins:
            shared_pin(block.id, made._request.get().message.pins)
        return made

    def interrupt(self):
        """Raise KeyboardInterrupt once in what runs now; False if nothing does."""
        return _interrupt(self._worker.get(), NULL)

    def backlog(self):
        """Return how many cells, calls and the like run or wait for their turn."""
        return backlog(self._worker.get()[0])

    def answer(self, bytes text):
        """Give the running request an answer to what it has asked."""
        answer(self._worker.get()[0], text)

    def refuse_further_requests(self):
        """Begin to close: requests that wait are refused, what runs goes on, then the interpreter ends."""
        with nogil:
            refuse_further_requests(self._worker.get()[0])

    def give_up(self):
        """Answer what runs and will never end, so that nobody waits for it any longer."""
        with nogil:
            give_up(self._worker.get()[0])

    def wait_until_up(self, double timeout=-1):
        """Wait until it serves requests or has failed to start; False when the time is over."""
        return _wait(UP, self._worker.get(), NULL, timeout)

    def wait_until_down(self, double timeout=-1):
        """Wait until it has ended or was abandoned; False when the time is over."""
        return _wait(DOWN, self._worker.get(), NULL, timeout)


cdef bint _interrupt(CWorker *worker, const CRequest *only) except -1:
    cdef Status status
    with nogil:
        status = c_interrupt(worker[0], only)
    if status == kNotRunning or status == kClosed:
        return False
    _raise_if(status, f"interpreter {snapshot(worker[0]).name.decode()!r}")
    return True


cdef Worker _wrap(WorkerPtr found):
    if found.get() == NULL:
        return None
    cdef Worker worker = Worker.__new__(Worker)
    worker._worker = found
    return worker


def spawn(str name, bint own_gil, str entry_module, list search_path):
    """Start a sub-interpreter on a thread of its own; returns at once.

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
    _raise_if(status, f"an interpreter named {name!r}")
    return _wrap(worker)


def find(str name):
    """Return the live worker of that name, or None."""
    return _wrap(find_by_name(name.encode()))


def current_handle():
    """Return the handle of the worker whose own thread this is, or 0."""
    cdef CWorker *worker = current_worker()
    return 0 if worker == NULL else worker.handle


def live():
    """Return all live workers in the order of their making."""
    return [_wrap(worker) for worker in live_workers()]


def abandoned():
    """Return those that could not be ended."""
    return [_wrap(worker) for worker in abandoned_workers()]


def prepare_process():
    """Make fork and exit safe; main interpreter, before the first sub-interpreter. False where CPython is unknown."""
    return runtime_list_prepare() and install_fork_handlers()


def bury_abandoned(double patience):
    """Make what could not be ended harmless to the end of the process; False where CPython is unknown."""
    cdef bint buried
    with nogil:
        buried = c_bury_abandoned(<Seconds>patience)
    return buried


def current_frames():
    """Return the topmost frames of this interpreter's threads by thread ident."""
    return frames_of_this_interpreter()


def read_events(double timeout=-1):
    """Take all events of one worker: (worker, [(request id, kind, payload), ...], mark for events_shown), or None."""
    cdef WorkerPtr worker
    cdef deque[Event] events
    cdef uint64_t last = 0
    cdef Status status
    cdef Event *event
    with nogil:
        status = take_events(<Seconds>timeout, worker, events, last)
    if status == kTimeout:
        return None
    if status == kClosed:
        raise ClosedError("the event reader was stopped")
    rows = []
    for i in range(events.size()):
        event = &events[i]
        rows.append((event.request, event.kind, PyBytes_FromStringAndSize(event.payload.data(), event.payload.size())))
    return _wrap(worker), rows, last


def events_shown(Worker worker not None, uint64_t last):
    """Note that everything up to the mark has been handed on."""
    mark_dispatched(worker._worker.get()[0], last)


def stop_reading():
    """End the reader's wait with ClosedError; later events are dropped."""
    with nogil:
        stop_reader()


def resume_reading():
    """Take events again."""
    start_reader()


drop_surplus_module_reference(sys.modules[__name__])
