"""What only the main interpreter does: read the events of all others, prepare the process, and end it."""

import sys

from arenas cimport arenas_prepare
from cpython.bytes cimport PyBytes_FromStringAndSize
from deadline cimport Deadline, deadline_after, kImmediately, kNever
from interpreter_list cimport install_fork_handlers, interpreter_list_prepare
from libc.stdint cimport uint64_t
from libc.stdio cimport fflush
from libcpp.deque cimport deque
from lifecycle cimport detach_interpreters as c_detach_interpreters
from module_reference cimport drop_surplus_module_reference
from status cimport Status
from worker cimport Event, WorkerPtr, mark_dispatched, start_reader, stop_reader, take_events

from subinterp_kernel.errors import ClosedError

cdef extern from "<stdlib.h>" nogil:
    void _Exit(int status)

cdef extern from *:
    """
    static int in_main_interpreter(void) { return PyInterpreterState_Get() == PyInterpreterState_Main(); }
    """
    bint in_main_interpreter() noexcept


cdef int _require_main_interpreter() except -1:
    if not in_main_interpreter():
        raise RuntimeError("only the main interpreter can do this")
    return 0


cdef class EventBatch:
    """Events of one worker. Made by :func:`read_events` only.

    Iterating over it yields ``(request id, kind, payload)``.
    """

    cdef WorkerPtr _worker
    cdef deque[Event] _events
    cdef uint64_t _last
    cdef object _collectable  # see module_reference.hpp

    def __init__(self):
        raise TypeError("batches of events are made by read_events()")

    @property
    def handle(self):
        """The handle of the worker."""
        return 0 if self._worker.get() == NULL else self._worker.get().handle

    def __iter__(self):
        cdef Event *event
        rows = []
        for index in range(self._events.size()):
            event = &self._events[index]
            payload = PyBytes_FromStringAndSize(event.payload.data(), event.payload.size())
            rows.append((event.request, event.kind, payload))
        return iter(rows)

    def mark_shown(self):
        """Record that all events of the batch have been shown."""
        if self._worker.get() != NULL:
            mark_dispatched(self._worker.get()[0], self._last)


def read_events(double timeout=-1):
    """Wait for events of any worker, and return all events of one; None after `timeout` seconds (negative: no limit).

    Raises
    ------
    ClosedError
        :func:`stop_reading` was called.
    """
    _require_main_interpreter()
    cdef EventBatch batch = EventBatch.__new__(EventBatch)
    cdef Status status
    cdef Deadline deadline = kNever
    if timeout >= 0:
        deadline = kImmediately if timeout == 0 else deadline_after(timeout)
    with nogil:
        status = take_events(deadline, batch._worker, batch._events, batch._last)
    if status == Status.closed:
        raise ClosedError("the event reader was stopped")
    return None if status == Status.timeout else batch


def stop_reading():
    """End :func:`read_events` with ClosedError; later events are dropped."""
    _require_main_interpreter()
    with nogil:
        stop_reader()


def resume_reading():
    """Take events again."""
    _require_main_interpreter()
    start_reader()


def prepare_process():
    """Make fork, exit and the end of interpreters safe and complete; False on an unknown CPython.

    To be called before the first sub-interpreter.
    """
    _require_main_interpreter()
    arenas_prepare()
    return interpreter_list_prepare() and install_fork_handlers()


def detach_interpreters(double stop_timeout, double end_timeout):
    """Make the interpreters that could not be ended harmless to the end of the process.

    Waits `stop_timeout` seconds for their threads to stop, and `end_timeout` seconds for those that CPython is just
    making or ending. False if one of these has not finished: then the process must end by :func:`exit_now`.
    """
    _require_main_interpreter()
    cdef bint detached
    cdef Deadline stopped_by = deadline_after(stop_timeout)
    cdef Deadline ended_by = deadline_after(end_timeout)
    with nogil:
        detached = c_detach_interpreters(stopped_by, ended_by)
    return detached


def exit_now(int status):
    """Flush C's output streams and end the process at once, without finalization."""
    fflush(NULL)
    _Exit(status)


drop_surplus_module_reference(sys.modules[__name__])
