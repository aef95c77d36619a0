"""Pools: tasks that the first free of several interpreters runs. Importable in every interpreter."""

import sys

from cpython.bytes cimport PyBytes_FromStringAndSize
from deadline cimport Deadline, deadline_after, kNever
from interrupt cimport interrupt
from libc.stdint cimport uint64_t
from libcpp.deque cimport deque
from libcpp.memory cimport make_shared
from libcpp.utility cimport move
from module_reference cimport drop_surplus_module_reference
from shared_object cimport shared_pin
from status cimport Status
from task_pool cimport (
    TaskPoolPtr, add_function, drop_function, finishes_soon, is_finished, join_pool, needs_worker, nudge_reader,
    post_task, taker_of, wait_finished, wait_task_shown, withdraw_task,
)
from worker cimport Message, Request, RequestPtr, TaskPool as CTaskPool, WorkerPtr, find_by_handle, next_request_id

from subinterp_kernel.errors import ClosedError, NotShareableError

_TASK = 12  # protocol.TASK


cdef int _fill(Message &message, bytes payload, pins) except -1:
    message.payload.assign(<const char *>payload, len(payload))
    for shared in pins:
        if not shared_pin(shared.id, message.pins):
            raise NotShareableError(f"{shared!r} was released while it was being sent")
    return 0


def new_output_id():
    """Return an id under which several tasks can send their output."""
    return next_request_id()


cdef class Task:
    """One task of a pool. Made by :meth:`TaskPool.post` only."""

    cdef RequestPtr _request
    cdef object _collectable  # see module_reference.hpp

    def __init__(self):
        raise TypeError("tasks are made by TaskPool.post()")

    cdef Request *_get(self) except NULL:
        if self._request.get() == NULL:
            raise TypeError("tasks are made by TaskPool.post()")
        return self._request.get()

    @property
    def id(self):
        return self._get().id

    def taken(self):
        """Return whether a worker has taken the task."""
        return taker_of(self._get().pool.get()[0], self._get()[0]).get() != NULL

    def finished(self):
        """Return whether the reply is there, and everything that the task has printed has been shown."""
        return is_finished(self._get().pool.get()[0], self._get()[0])

    def finishes_soon(self):
        """Return whether the task has finished, after spinning for a short time."""
        cdef bint finished
        cdef Request *request = self._get()
        with nogil:
            finished = finishes_soon(request.pool.get()[0], request[0])
        return finished

    def wait_shown(self, double timeout):
        """Wait until everything that a task with a reply has printed has been shown; False after `timeout` seconds."""
        cdef Status status
        cdef Request *request = self._get()
        cdef Deadline deadline = deadline_after(timeout)
        with nogil:
            status = wait_task_shown(request[0], deadline)
        return status == Status.ok

    def withdraw(self):
        """Take the task back if it is queued; False if a worker has taken it."""
        return withdraw_task(self._get().pool.get()[0], self._get()[0])

    def stop(self):
        """Take the task back if it is queued (True), or raise KeyboardInterrupt in it if it runs (False)."""
        cdef WorkerPtr worker
        if self.withdraw():
            return True
        worker = taker_of(self._get().pool.get()[0], self._get()[0])
        if worker.get() != NULL:
            interrupt(worker.get()[0], self._get())
        return False

    @property
    def reply_kind(self):
        """The kind of the reply of a finished task; :meth:`reply` copies the payload, too."""
        return self._get().reply.kind

    def reply(self):
        """Return the kind and the payload of the reply of a finished task."""
        cdef Request *request = self._get()
        payload = PyBytes_FromStringAndSize(request.reply.payload.data(), request.reply.payload.size())
        return request.reply.kind, payload

    def release(self):
        """Release the shared objects that the reply holds; call it after unpickling."""
        self._get().reply.pins.clear()


cdef class TaskPool:
    """A queue of tasks, and the workers that take them. Thread-safe."""

    cdef TaskPoolPtr _pool
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self):
        self._pool = make_shared[CTaskPool]()

    def post(self, bytes payload, pins=(), uint64_t output=0):
        """Queue a task and return it. Its output is sent under the id `output`, or under its own if that is 0."""
        cdef Task task = Task.__new__(Task)
        cdef Status status
        task._request = make_shared[Request]()
        cdef Request *request = task._request.get()
        request.id = next_request_id()
        request.pool = self._pool
        request.output = output
        request.message.kind = _TASK
        _fill(request.message, payload, pins)
        status = post_task(self._pool.get()[0], task._request)
        if status == Status.no_memory:
            raise MemoryError("no memory for another task")
        if status != Status.ok:
            raise ClosedError("this pool belongs to the parent process: make another one after the fork")
        return task

    def add_function(self, bytes payload, pins=()):
        """Keep a serialized function for the workers, and return its id."""
        cdef Message message
        _fill(message, payload, pins)
        return add_function(self._pool.get()[0], move(message))

    def drop_function(self, uint64_t id):
        """Forget a function that no task needs any more."""
        drop_function(self._pool.get()[0], id)

    def needs_worker(self):
        """Return whether more tasks are queued than there are workers without one."""
        return needs_worker(self._pool.get()[0])

    def join(self, uint64_t worker_handle):
        """Let the worker of that handle take tasks from now on; False if it has ended."""
        cdef WorkerPtr worker = find_by_handle(worker_handle)
        return worker.get() != NULL and join_pool(worker.get()[0], self._pool) == Status.ok

    def wait_finished(self, double timeout=-1):
        """Wait for replies or :meth:`nudge`; return the ids of the tasks, and a 0 for each worker that has ended.

        None after `timeout` seconds (negative: no limit), and in a forked child.
        """
        cdef deque[uint64_t] ids
        cdef Status status
        cdef Deadline deadline = kNever if timeout < 0 else deadline_after(timeout)
        with nogil:
            status = wait_finished(self._pool.get()[0], deadline, ids)
        if status != Status.ok:
            return None
        return [ids[index] for index in range(ids.size())]

    def nudge(self):
        """Let :meth:`wait_finished` return."""
        nudge_reader(self._pool.get()[0])


drop_surplus_module_reference(sys.modules[__name__])
