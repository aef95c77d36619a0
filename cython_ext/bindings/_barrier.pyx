"""Barriers across the interpreters of the process."""

import sys

from barrier cimport BarrierWait, SharedBarrier
from cpython.bytes cimport PyBytes_FromStringAndSize
from deadline cimport deadline_after, kNever
from held cimport Held, pin, raise_gone, this_interpreter
from libcpp.string cimport string
from libcpp.vector cimport vector
from module_reference cimport drop_surplus_module_reference
from shared_object cimport Kind, SharedRef
from status cimport Status
from wait cimport wait_interruptibly
cimport cython

from threading import BrokenBarrierError

from subinterp_kernel.bindings.timeouts import check_interrupts, optional_seconds, seconds
from subinterp_kernel.shared.serialization import dumps, loads


cdef int _make_barrier(Held[SharedBarrier] &barrier, parties, action, timeout) except -1:
    if parties < 1:
        raise ValueError("parties must be > 0")
    if action is not None and not callable(action):
        raise TypeError(f"the action must be callable, not {type(action).__name__}")
    cdef bytes data
    data, shared = (b"", ()) if action is None else dumps(action, "the barrier's action")
    cdef string pickle
    pickle.assign(<const char *>data, len(data))  # Cython's conversion of bytes may throw where it is not caught
    cdef vector[SharedRef] pins
    for each in shared:
        pin(each.id, pins)
    barrier.make(this_interpreter(), <size_t>parties, <double>optional_seconds(timeout), pickle, pins)
    return 0


@cython.final
cdef class Barrier:
    """Threads of any interpreter wait for each other: :class:`threading.Barrier` across interpreters.

    Parameters
    ----------
    parties : int
        The number of threads that wait for each other.
    action : callable, optional
        Called once per round, without arguments, by the thread that arrives last, before any thread continues. It is
        copied like a variable: that thread calls a copy in its own interpreter. If it raises, the barrier is broken.
    timeout : float, optional
        The default timeout of :meth:`wait` in seconds.

    Raises
    ------
    ValueError
        `parties` is less than one.
    NotShareableError
        The action cannot be copied to another interpreter.
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe. The barrier breaks when the wait of a thread times out or is interrupted, and when the interpreter of a
    waiting thread ends. After :meth:`reset`, calls of :meth:`wait` belong to a new round.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> barrier = sk.Barrier(2)
    >>> with sk.create() as other:
    ...     arrival = other.submit(barrier.wait)
    ...     sorted([barrier.wait(), arrival.result()])
    [0, 1]
    """

    cdef Held[SharedBarrier] _barrier
    cdef object _action

    _crosses_by_reference = True

    def __cinit__(self, parties=None, action=None, timeout=None, *, _id=None):
        if _id is None:
            _make_barrier(self._barrier, parties, action, timeout)
        elif not self._barrier.find(this_interpreter(), _id, Kind.barrier):
            raise_gone("Barrier", _id)

    def __init__(self, parties, action=None, timeout=None):
        pass

    def wait(self, timeout=None):
        """Wait for the other threads, and return how many of them arrived before this one.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default the timeout of the barrier.

        Raises
        ------
        threading.BrokenBarrierError
            The barrier is broken, or it breaks or is reset during the wait.
        """
        cdef double limit = self._barrier.get().timeout if timeout is None else seconds(timeout)
        cdef BarrierWait wait
        cdef Status status
        wait.barrier = self._barrier.get()
        wait.interpreter = this_interpreter()
        try:
            status = self._wait(wait, limit)
        except BaseException:
            self._barrier.get().break_round(wait)
            raise
        if status == Status.broken:
            raise BrokenBarrierError("this barrier is broken: call reset() to use it again")
        return wait.index

    cdef Status _wait(self, BarrierWait &wait, double limit) except *:
        cdef Status status = wait_interruptibly(wait, kNever, check_interrupts)
        if status == Status.broken:
            return status
        if status == Status.no_memory:
            raise MemoryError("no memory to wait at a barrier")
        if wait.index == self._barrier.get().parties - 1:
            self._act()
            return self._barrier.get().pass_(wait)
        status = wait_interruptibly(wait, deadline_after(limit), check_interrupts)
        if status == Status.timeout:
            status = self._barrier.get().time_out(wait)
        # All have arrived in time, and the last one runs the action, for which there is no limit.
        return wait_interruptibly(wait, kNever, check_interrupts) if status == Status.timeout else status

    cdef int _act(self) except -1:
        cdef SharedBarrier *barrier = self._barrier.get()
        if barrier.action.empty():
            return 0
        if self._action is None:
            self._action = loads(PyBytes_FromStringAndSize(barrier.action.data(), barrier.action.size()))
        self._action()
        return 0

    def reset(self):
        """Start a new round, also of a broken barrier; waiting threads get a BrokenBarrierError."""
        self._barrier.get().reset()

    def abort(self):
        """Break the barrier: :meth:`wait` raises BrokenBarrierError until :meth:`reset` is called."""
        self._barrier.get().abort()

    @property
    def parties(self):
        """The number of threads that wait for each other."""
        return self._barrier.get().parties

    @property
    def n_waiting(self):
        """The number of threads that wait now."""
        return self._barrier.get().waiting()

    @property
    def broken(self):
        """Whether the barrier is broken."""
        return self._barrier.get().is_broken()

    def __reduce__(self):
        return _attach_barrier, (self.id,)

    def __repr__(self):
        if self.broken:
            return f"<Barrier {self.id}: broken>"
        return f"<Barrier {self.id}: waiters={self.n_waiting}/{self.parties}>"

    @property
    def id(self):
        """The number of the barrier in the process, never used twice."""
        return self._barrier.get().id()


def _attach_barrier(id):
    return Barrier.__new__(Barrier, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
