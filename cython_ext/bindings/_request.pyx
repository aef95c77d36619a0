"""Requests to workers, and the waits of Python code for a worker. Importable in every interpreter."""

import sys

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from deadline cimport Deadline, deadline_after, has_passed, kImmediately, kNever
from interrupt cimport interrupt as c_interrupt, stop_request
from libcpp.memory cimport make_shared
from module_reference cimport drop_surplus_module_reference
from shared_object cimport shared_pin
from status cimport Status
from worker cimport (
    Request as CRequest, RequestPtr, Snapshot, Worker as CWorker, WorkerPtr, consume_interrupt, current_worker,
    next_request_id, post, post_query, snapshot, wait_dispatched, wait_reply, wait_until_down, wait_until_up,
    wake_waiter, withdraw,
)

from subinterp_kernel.errors import ClosedError, InterpreterError, NameTakenError, NotShareableError

cdef extern from *:
    """
    // The end of a slice that starts now; a slice is how long a wait may delay the Python handler of a signal.
    static inline subinterp::Deadline end_of_slice(subinterp::Deadline deadline) {
        return subinterp::slice_end(deadline);
    }
    """
    Deadline end_of_slice(Deadline deadline) noexcept nogil


cdef int raise_if(Status status, str what) except -1:
    if status == Status.ok or status == Status.timeout:
        return 0
    if status == Status.closed:
        raise ClosedError(f"{what} is closed")
    if status == Status.name_taken:
        raise NameTakenError(f"there is already {what}; get it with get(), or choose another name")
    if status == Status.no_memory:
        raise MemoryError(f"no memory for {what}")
    if status == Status.no_thread:
        raise InterpreterError(f"{what} could not start: the system refused another thread")
    if status == Status.refused:
        raise InterpreterError(f"{what} has too many interrupts pending; try again when it has handled them")
    raise InterpreterError(f"{what}: unexpected status {<int>status}")


cdef bint interrupted(CWorker *worker, Status status) except -1:
    if status == Status.not_running or status == Status.closed:
        return False
    raise_if(status, f"interpreter {snapshot(worker[0]).name.decode()!r}")
    return True


cdef int _check_interrupts() except -1:
    """Let a signal (main thread) or an interrupt (a worker's thread) end the wait that calls this."""
    cdef CWorker *worker = current_worker()
    if worker == NULL:
        PyErr_CheckSignals()
    elif consume_interrupt(worker[0]):
        raise KeyboardInterrupt
    return 0


cdef Deadline _deadline(double timeout):
    return kNever if timeout < 0 else kImmediately if timeout == 0 else deadline_after(timeout)


cdef bint wait_for(Awaited awaited, CWorker *worker, CRequest *request, double timeout) except -1:
    cdef Deadline deadline = _deadline(timeout)
    cdef Status status
    while True:
        with nogil:
            if awaited == Awaited.REPLY:
                status = wait_reply(worker[0], request[0], end_of_slice(deadline))
            elif awaited == Awaited.SHOWN:
                status = wait_dispatched(worker[0], request[0], end_of_slice(deadline))
            elif awaited == Awaited.UP:
                status = wait_until_up(worker[0], end_of_slice(deadline))
            else:
                status = wait_until_down(worker[0], end_of_slice(deadline))
        if status != Status.timeout:
            return status == Status.ok
        if has_passed(deadline):
            return False
        _check_interrupts()


cdef class Request:
    """A request to a worker. Made by :meth:`Worker.request` only."""

    cdef RequestPtr _request
    cdef WorkerPtr _worker
    cdef bint _posted
    cdef object _collectable  # see module_reference.hpp

    def __init__(self):
        raise TypeError("requests are made by Worker.request()")

    cdef CRequest *_get(self) except NULL:
        if self._request.get() == NULL:
            raise TypeError("requests are made by Worker.request()")
        return self._request.get()

    cdef int _raise_closed(self) except -1:
        cdef Snapshot seen = snapshot(self._worker.get()[0])
        failure = seen.failure.decode("utf-8", "replace")
        reason = f" (it ended with: {failure})" if failure else ""
        raise ClosedError(f"interpreter {seen.name.decode()!r} is closed: create another one{reason}")

    @property
    def id(self):
        return self._get().id

    def post(self):
        """Send the request; waits, interruptibly, while the queue is full.

        Making and sending are two steps, so that code that is interrupted at any moment can tell whether it was sent.
        """
        cdef Status status = Status.timeout
        self._get()
        while status == Status.timeout:
            with nogil:
                status = post(self._worker.get()[0], self._request, end_of_slice(kNever))
            if status == Status.timeout:
                _check_interrupts()
        if status == Status.no_memory:
            raise MemoryError("no memory for another request")
        if status == Status.closed:
            self._raise_closed()
        self._posted = True

    def post_aside(self):
        """Send the request to the thread that answers queries, whatever the interpreter's own thread does."""
        self._get()
        if post_query(self._worker.get()[0], self._request) == Status.closed:
            self._raise_closed()
        self._posted = True

    @property
    def posted(self):
        """Whether it was sent."""
        return self._posted

    def done(self):
        """Return whether the reply has arrived."""
        return wait_reply(self._worker.get()[0], self._get()[0], kImmediately) == Status.ok

    def wake_waiter(self):
        """Make :meth:`wait` return False soon."""
        wake_waiter(self._worker.get()[0], self._get()[0])

    def withdraw(self):
        """Take the request back if it is queued; False if it has started."""
        return withdraw(self._worker.get()[0], self._get()[0])

    def interrupt(self):
        """Raise KeyboardInterrupt once in the request, if it runs now; else return False."""
        return interrupted(self._worker.get(), c_interrupt(self._worker.get()[0], self._get()))

    def stop(self):
        """Withdraw the request if it is queued, interrupt it if it runs; do nothing if it is done."""
        cdef Status status = stop_request(self._worker.get()[0], self._get()[0])
        if status != Status.cancelled:
            interrupted(self._worker.get(), status)

    def wait(self, double timeout=-1):
        """Wait for the reply, interruptibly.

        False after `timeout` seconds (negative: no limit), or on :meth:`wake_waiter`.
        """
        return wait_for(Awaited.REPLY, self._worker.get(), self._get(), timeout)

    def wait_shown(self, double timeout=-1):
        """Wait until all events before the reply have been shown."""
        return wait_for(Awaited.SHOWN, self._worker.get(), self._get(), timeout)

    def discard(self):
        """Release the shared objects that the request holds, if it was not sent and never will be."""
        if not self._posted:
            self._get().message.pins.clear()

    def release(self):
        """Release the shared objects that the reply holds; call it after unpickling."""
        self._get().reply.pins.clear()

    def reply(self):
        """Return the kind and the payload of the reply, or raise InterpreterError before it has arrived."""
        cdef CRequest *request = self._get()
        if not self.done():
            raise InterpreterError("the reply to this request has not arrived: wait() for it first")
        payload = PyBytes_FromStringAndSize(request.reply.payload.data(), request.reply.payload.size())
        return request.reply.kind, payload


cdef object make_request(const WorkerPtr &worker, int kind, bytes payload, pins, bint announce):
    cdef Request made = Request.__new__(Request)
    made._request = make_shared[CRequest]()
    made._worker = worker
    made._request.get().id = next_request_id()
    made._request.get().announce = announce
    made._request.get().message.kind = kind
    made._request.get().message.payload.assign(<const char *>payload, len(payload))
    for shared in pins:
        if not shared_pin(shared.id, made._request.get().message.pins):
            raise NotShareableError(f"{shared!r} was released while it was being sent")
    return made


drop_surplus_module_reference(sys.modules[__name__])
