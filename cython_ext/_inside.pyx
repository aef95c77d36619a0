"""What only a sub-interpreter's own thread does: take requests, answer them, emit events, sleep interruptibly."""

import sys

from shared cimport shared_pin
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from lifecycle cimport drop_asynchronous_exception, raise_system_exit_in_other_threads
from libc.stdint cimport uint64_t
from libcpp.string cimport string
from libcpp.utility cimport move
from module_reference cimport drop_surplus_module_reference
from worker cimport (
    Message, RequestPtr, Seconds, Status, Worker, begin, begin_end_of_tasks, complete, current_request, current_worker,
    emit as c_emit, end, enter_loop as c_enter_loop, interruptible_sleep, is_asked, kClosed, kInterrupted, leave_loop,
    let_tasks_run as c_let_tasks_run, take_answer as c_take_answer, take_query, take_request,
)


cdef Worker *_own() except NULL:
    cdef Worker *worker = current_worker()
    if worker == NULL:
        raise RuntimeError("this is for a sub-interpreter's own thread only")
    return worker


cdef class Outbox:
    """Carries events of this interpreter to the main one. Made on the worker's thread, used from any of its threads."""

    cdef Worker *_worker
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self):
        self._worker = _own()

    def emit(self, int kind, payload, uint64_t request=0):
        """Send one event; waits, interruptibly on the interpreter's own thread, while the reader is too far behind.

        It belongs to that request; 0 stands for the one that runs, or the last one.
        """
        cdef Py_buffer view
        cdef Status status
        cdef bint own = current_worker() == self._worker
        PyObject_GetBuffer(payload, &view, PyBUF_SIMPLE)
        try:
            with nogil:
                status = c_emit(self._worker[0], request, kind, <const char *>view.buf, view.len, own)
        finally:
            PyBuffer_Release(&view)
        if status == kInterrupted:
            raise KeyboardInterrupt

    def serve_queries(self, dispatch, describe_failure):
        """Answer queries as :func:`serve` answers requests, on a thread of the interpreter that is not its own one."""
        cdef RequestPtr query
        cdef Status status
        cdef Message reply
        while True:
            with nogil:
                status = take_query(self._worker[0], query)
            if status == kClosed:
                return
            try:
                answer = dispatch(query.get().message.kind, _payload_of(query))
            except BaseException as error:
                answer = describe_failure(query.get().message.kind, error)
            reply = Message()
            _fill(&reply, answer)
            answer = None
            with nogil:
                complete(self._worker[0], query.get()[0], move(reply))
                query.reset()


cdef bytes _payload_of(RequestPtr &request):
    return PyBytes_FromStringAndSize(request.get().message.payload.data(), request.get().message.payload.size())


_RAISED = 1  # protocol.RAISED


cdef int _fill(Message *message, reply) except -1:
    cdef bytes payload
    message.kind, payload, pins = reply
    message.payload.assign(<const char *>payload, len(payload))
    for block in pins:
        shared_pin(block.id, message.pins)
    return 0


cdef bint _run_between(Worker *worker, run_tasks):
    """Call `run_tasks` once; tell whether there is more to do. Whatever the tasks raise, requests are served."""
    cdef bint more
    try:
        more = run_tasks()
    except (KeyboardInterrupt, SystemExit):  # asyncio lets these end the loop, besides the task that raises them
        more = True
    except BaseException:
        more = False
    if leave_loop(worker[0]):
        drop_asynchronous_exception(worker[0])
    return more


def serve(dispatch, describe_failure, run_tasks, end_tasks):
    """Answer requests with ``dispatch(kind, payload)``, or with ``describe_failure(kind, error)``, until the end.

    ``run_tasks()`` is called when there are none; it returns soon after :func:`enter_loop`'s bell rings, and tells
    whether it would be worth while to call it again. ``end_tasks()`` is called at the end, and can be interrupted.
    """
    cdef Worker *worker = _own()
    cdef RequestPtr request
    cdef Status status
    cdef Message reply
    cdef bint interrupted
    while True:
        while not is_asked(worker[0]) and _run_between(worker, run_tasks):
            pass
        with nogil:
            status = take_request(worker[0], request)
        if status == kClosed:
            begin_end_of_tasks(worker[0])
            _run_between(worker, end_tasks)
            return
        kind = request.get().message.kind
        payload = _payload_of(request)
        interrupted = begin(worker[0], request)
        # Only between begin and end, or while tasks run, can an interrupt arrive; no bytecode runs between those and
        # this code.
        try:
            if interrupted:
                raise KeyboardInterrupt
            answer = dispatch(kind, payload)
        except BaseException as error:
            if end(worker[0]):
                drop_asynchronous_exception(worker[0])
            try:
                answer = describe_failure(kind, error)
            except BaseException:
                # What describes failures is broken, too (user code can break a lot): the reply must go out.
                answer = _RAISED, b"", ()
        else:
            if end(worker[0]):
                drop_asynchronous_exception(worker[0])
        reply = Message()
        _fill(&reply, answer)
        payload = answer = None
        with nogil:
            complete(worker[0], request.get()[0], move(reply))
            request.reset()


def sleep(double seconds):
    """Sleep on the interpreter's own thread; an interrupt ends it at once with KeyboardInterrupt."""
    cdef Worker *worker = _own()
    cdef Status status
    with nogil:
        status = interruptible_sleep(worker[0], <Seconds>seconds)
    if status == kInterrupted:
        raise KeyboardInterrupt


def request_id():
    """Return the id of the request that runs, or 0."""
    return current_request(_own()[0])


def enter_loop(int bell):
    """Have every request, and the end, send a byte to the socket `bell`; False if there is one already."""
    cdef Worker *worker = _own()
    cdef bint entered
    with nogil:
        entered = c_enter_loop(worker[0], bell)
    return entered


def let_tasks_run(bint run):
    """Let interrupts reach what runs between requests, or no longer."""
    cdef Worker *worker = _own()
    if c_let_tasks_run(worker[0], run):
        drop_asynchronous_exception(worker[0])


def take_answer():
    """Wait, on the interpreter's own thread, for the answer to a question; KeyboardInterrupt when interrupted."""
    cdef Worker *worker = _own()
    cdef string text
    cdef Status status
    with nogil:
        status = c_take_answer(worker[0], text)
    if status == kInterrupted:
        raise KeyboardInterrupt
    return PyBytes_FromStringAndSize(text.data(), text.size())


def end_other_threads():
    """Raise SystemExit in all threads of this interpreter but the calling one."""
    raise_system_exit_in_other_threads()


def handle():
    """Return the worker's handle; RuntimeError on any other thread."""
    return _own().handle


drop_surplus_module_reference(sys.modules[__name__])
