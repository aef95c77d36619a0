"""What the thread of a sub-interpreter does: take requests, reply, emit events, sleep interruptibly."""

import sys

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from deadline cimport Deadline, deadline_after
from interrupt cimport drop_asynchronous_exception, interrupt as c_interrupt, raise_system_exit_in_other_threads
from libc.stdint cimport uint64_t
from libcpp cimport bool
from libcpp.string cimport string
from libcpp.utility cimport move
from module_reference cimport drop_surplus_module_reference
from shared_object cimport shared_pin
from status cimport Status
from task_pool cimport MessagePtr, find_function as c_find_function, leave_pool as c_leave_pool
from worker cimport (
    Message, RequestPtr, Worker, complete, current_request, current_worker, emit as c_emit, end_request,
    enter_loop as c_enter_loop, has_requests, hold_interrupts as c_hold_interrupts, interruptible_sleep,
    is_closing, leave_loop, let_tasks_run as c_let_tasks_run, start_cancelling_tasks, take_answer as c_take_answer,
    take_query, take_request,
)

cdef extern from "Python.h":
    void PyException_SetContext(object error, PyObject *context)
    void PyEval_SetTrace(void *function, PyObject *argument)
    void PyEval_SetProfile(void *function, PyObject *argument)

_RAISED = 1  # protocol.RAISED
_RESET = 6  # protocol.RESET


cdef Worker *_own() except NULL:
    cdef Worker *worker = current_worker()
    if worker == NULL:
        raise RuntimeError("only a sub-interpreter's own thread can do this")
    return worker


cdef class Outbox:
    """Sends events to the main interpreter. Made on the worker's thread, used from any thread of the interpreter."""

    cdef Worker *_worker
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self):
        self._worker = _own()

    @property
    def handle(self):
        """The handle of the worker."""
        return self._worker.handle

    @property
    def own_gil(self):
        """Whether the interpreter has a GIL of its own."""
        return self._worker.own_gil

    def emit(self, int kind, payload, uint64_t request=0):
        """Send one event; waits while the reader is too far behind, interruptibly on the interpreter's own thread.

        It belongs to that request; 0 stands for the current one, or the last one.
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
        if status == Status.interrupted:
            raise KeyboardInterrupt
        if status == Status.no_memory:
            raise MemoryError("no memory for another event")

    def report_unraisable(self, unraisable):
        """Report an exception that a finalizer or callback has swallowed: the interpreter's ``sys.unraisablehook``.

        An interrupt that a callback of the import system has swallowed is raised again, in the code that imports. This
        is C, because Python code that calls :func:`interrupt` last would get the exception itself.
        """
        if unraisable.exc_type is KeyboardInterrupt:
            if is_closing(self._worker[0]):
                return
            if current_worker() == self._worker and _is_of_import_system(unraisable.exc_traceback):
                c_interrupt(self._worker[0], NULL)
                return
        sys.__unraisablehook__(unraisable)

    def serve_queries(self, dispatch, describe_failure):
        """Answer queries as :func:`serve` answers requests, on a second thread of the interpreter."""
        cdef RequestPtr query
        cdef Status status
        cdef Message reply
        while True:
            with nogil:
                status = take_query(self._worker[0], query)
            if status == Status.closed:
                return
            try:
                reply = _reply(dispatch(query.get().message.kind, _payload_of(query)))
            except BaseException as error:
                reply = _failure(query.get().message.kind, error, describe_failure)
            with nogil:
                complete(self._worker[0], query.get()[0], move(reply))
                query.reset()


cdef bint _is_of_import_system(traceback) except -1:
    return traceback is not None and traceback.tb_frame.f_code.co_filename.startswith("<frozen importlib")


cdef bytes _payload_of(RequestPtr &request):
    return PyBytes_FromStringAndSize(request.get().message.payload.data(), request.get().message.payload.size())


cdef Message _reply(answer) except *:
    """Return an answer ``(kind, payload, shared objects)`` as a message, which holds the shared objects."""
    cdef Message message
    cdef bytes payload
    message.kind, payload, pins = answer
    message.payload.assign(<const char *>payload, len(payload))
    for shared in pins:
        if not shared_pin(shared.id, message.pins):
            raise RuntimeError(f"{shared!r} was released while it was being sent")
    return move(message)


cdef Message _failure(int kind, error, describe_failure):
    """Return the reply for an exception. Never fails, whatever user code has broken."""
    cdef Message message
    try:
        return _reply(describe_failure(kind, error))
    except BaseException:
        message.kind = _RAISED
        return move(message)


cdef bint _run_tasks_once(Worker *worker, run_tasks):
    """Call `run_tasks` once; return whether there is more to do. Whatever the tasks raise, requests are served."""
    cdef bint more
    try:
        more = run_tasks()
    except (KeyboardInterrupt, SystemExit):  # asyncio lets these end the loop, besides the task that raised them
        more = True
    except BaseException:
        more = False
    if leave_loop(worker[0]):
        drop_asynchronous_exception(worker[0])
    return more


cdef object _answer(int kind, bytes payload, bint interrupted, dispatch, describe_failure):
    """Return the answer to the current request; one that failed is described, which runs code of the user's, too."""
    try:
        if interrupted:
            raise KeyboardInterrupt
        if kind == _RESET:  # a trace function of the user's that raises would end dispatch() before it begins
            PyEval_SetTrace(NULL, NULL)
            PyEval_SetProfile(NULL, NULL)
        return dispatch(kind, payload)
    except BaseException as error:
        return describe_failure(kind, error)


cdef Message _run(Worker *worker, RequestPtr &request, bint interrupted, dispatch, describe_failure):
    """Run the current request and return its reply."""
    # An interrupt can arrive from take_request() to end_request(). No bytecode runs outside of the inner block.
    cdef int kind = request.get().message.kind
    try:
        try:
            answer = _answer(kind, _payload_of(request), interrupted, dispatch, describe_failure)
        finally:
            if end_request(worker[0]):
                drop_asynchronous_exception(worker[0])
        return _reply(answer)
    except BaseException as error:
        # Not interruptible any more, so without what user code raised before: that may not end.
        PyException_SetContext(error, NULL)
        return _failure(kind, error, describe_failure)


def serve(dispatch, describe_failure, run_tasks, end_tasks):
    """Reply to requests with ``dispatch(kind, payload)``, or with ``describe_failure(kind, error)``, until the end.

    ``run_tasks()`` is called while there are no requests. It returns soon after a byte has arrived at the socket given
    to :func:`enter_loop`, and tells whether to call it again. ``end_tasks()`` is called at the end, interruptibly.
    """
    cdef Worker *worker = _own()
    cdef RequestPtr request
    cdef Status status
    cdef Message reply
    cdef bool interrupted = False
    while True:
        while not has_requests(worker[0]) and _run_tasks_once(worker, run_tasks):
            pass
        with nogil:
            status = take_request(worker[0], request, interrupted)
        if status == Status.closed:
            start_cancelling_tasks(worker[0])
            _run_tasks_once(worker, end_tasks)
            return
        reply = _run(worker, request, interrupted, dispatch, describe_failure)
        with nogil:
            complete(worker[0], request.get()[0], move(reply))
            request.reset()


def sleep(double seconds):
    """Sleep on the interpreter's own thread; an interrupt ends it at once with KeyboardInterrupt."""
    cdef Worker *worker = _own()
    cdef Status status
    cdef Deadline deadline = deadline_after(seconds)
    with nogil:
        status = interruptible_sleep(worker[0], deadline)
    if status == Status.interrupted:
        raise KeyboardInterrupt


def request_id():
    """Return the id of the current request, or 0."""
    return current_request(_own()[0])


def enter_loop(int wakeup_fd):
    """Let every request, and the end, send a byte to that socket; False if there is a request already."""
    cdef Worker *worker = _own()
    cdef bint entered
    with nogil:
        entered = c_enter_loop(worker[0], wakeup_fd)
    return entered


def let_tasks_run(bint run):
    """Deliver interrupts to what runs between requests, or no longer."""
    cdef Worker *worker = _own()
    if c_let_tasks_run(worker[0], run):
        drop_asynchronous_exception(worker[0])


def hold_interrupts(bint hold):
    """Hold interrupts back, or deliver them again: then KeyboardInterrupt is raised if one has arrived."""
    if c_hold_interrupts(_own()[0], hold):
        raise KeyboardInterrupt


def take_answer():
    """Wait, on the interpreter's own thread, for the answer to a prompt; KeyboardInterrupt when interrupted."""
    cdef Worker *worker = _own()
    cdef string text
    cdef Status status
    with nogil:
        status = c_take_answer(worker[0], text)
    if status == Status.interrupted:
        raise KeyboardInterrupt
    return PyBytes_FromStringAndSize(text.data(), text.size())


def find_function(uint64_t id):
    """Return a function of the interpreter's pool, serialized, or None if it was dropped."""
    cdef Worker *worker = _own()
    if worker.pool.get() == NULL:
        raise RuntimeError("this interpreter belongs to no pool")
    cdef MessagePtr function = c_find_function(worker.pool.get()[0], id)
    if function.get() == NULL:
        return None
    return PyBytes_FromStringAndSize(function.get().payload.data(), function.get().payload.size())


def leave_pool():
    """Take no more tasks of the interpreter's pool."""
    c_leave_pool(_own()[0])


def end_other_threads():
    """Raise SystemExit in all threads of this interpreter but the calling one."""
    raise_system_exit_in_other_threads()


drop_surplus_module_reference(sys.modules[__name__])
