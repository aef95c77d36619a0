"""Barriers that work across the interpreters of the process."""

import sys

from barrier cimport BarrierWait, SharedBarrier
from cpython.bytes cimport PyBytes_FromStringAndSize
from holder cimport this_interpreter
from libc.stdint cimport uint64_t
from libcpp.string cimport string
from module_reference cimport drop_surplus_module_reference
from shared cimport Kind, shared_acquire, shared_add, shared_pin, shared_release
from slices cimport wait_in_slices
from waiting cimport Outcome, kNever, now
cimport cython

from threading import BrokenBarrierError

from subinterp_kernel.errors import BlockGoneError
from subinterp_kernel.waiting import look_up, seconds
from subinterp_kernel.transfer import dumps, loads


cdef SharedBarrier *_new_barrier(parties, action, timeout) except NULL:
    if parties < 1:
        raise ValueError("parties must be > 0")
    if action is not None and not callable(action):
        raise TypeError(f"the action must be callable, not {type(action).__name__}")
    data, pins = (b"", ()) if action is None else dumps(action, "the barrier's action")
    cdef string code = data
    cdef double patience = kNever if timeout is None else seconds(timeout)
    cdef SharedBarrier *barrier = new SharedBarrier(<size_t>parties, patience, code)
    for pinned in pins:
        shared_pin(pinned.id, barrier.pins)
    if not shared_add(barrier, this_interpreter()):
        raise MemoryError("no memory for another Barrier")
    return barrier


@cython.final
cdef class Barrier:
    """Threads of any interpreter wait until all have come: :class:`threading.Barrier` across interpreters.

    Parameters
    ----------
    parties : int
        How many make a round.
    action : callable, optional
        Called once per round, without arguments, by the thread that comes last, before any goes on. It crosses as
        variables do: what runs is a copy, in that thread's interpreter. When it raises, the barrier is broken.
    timeout : float, optional
        Seconds that :meth:`wait` waits when it is not told otherwise.

    Raises
    ------
    ValueError
        There are no parties.
    NotShareableError
        The action cannot cross.

    Notes
    -----
    The barrier breaks when one that waits runs out of time, is interrupted, or belongs to an interpreter that ends.
    Whoever calls :meth:`wait` after :meth:`reset` belongs to a new round at once.
    """

    cdef SharedBarrier *_barrier
    cdef object _action

    _crosses_by_reference = True

    def __cinit__(self, parties=None, action=None, timeout=None, *, _id=None):
        self._barrier = NULL
        if _id is None:
            self._barrier = _new_barrier(parties, action, timeout)
            return
        self._barrier = <SharedBarrier *>shared_acquire(<uint64_t>_id, Kind.barrier, this_interpreter())
        if self._barrier == NULL:
            raise BlockGoneError(f"there is no Barrier {_id}: everyone who held it has let it go")

    def __init__(self, parties, action=None, timeout=None):
        pass

    def __dealloc__(self):
        if self._barrier != NULL:
            shared_release(self._barrier, this_interpreter())

    def wait(self, timeout=None):
        """Wait for the others, and return in which place this thread came, from 0.

        Parameters
        ----------
        timeout : float, optional
            Seconds; otherwise what was given for all.

        Raises
        ------
        threading.BrokenBarrierError
            The barrier is broken, breaks meanwhile, or is reset.
        """
        cdef double patience = self._barrier.timeout if timeout is None else seconds(timeout)
        cdef BarrierWait wait
        cdef Outcome outcome
        wait.barrier = self._barrier
        wait.interpreter = this_interpreter()
        try:
            outcome = <Outcome>self._come(wait, patience)
        except BaseException:
            self._barrier.break_round(wait)
            raise
        if outcome == Outcome.broken:
            raise BrokenBarrierError("this barrier is broken; reset() mends it")
        return wait.index

    cdef int _come(self, BarrierWait &wait, double patience) except -1:
        cdef int outcome = wait_in_slices(wait, kNever, look_up)
        if outcome == <int>Outcome.broken:
            return outcome
        if wait.index == self._barrier.parties - 1:
            self._act()
            return <int>self._barrier.pass_(wait)
        outcome = wait_in_slices(wait, now() + patience, look_up)
        if outcome == <int>Outcome.not_yet:
            outcome = <int>self._barrier.give_up(wait)
        # The last one has come in time, and acts: that takes as long as it takes.
        return wait_in_slices(wait, kNever, look_up) if outcome == <int>Outcome.not_yet else outcome

    cdef int _act(self) except -1:
        cdef SharedBarrier *barrier = self._barrier
        if barrier.action.empty():
            return 0
        if self._action is None:
            self._action = loads(PyBytes_FromStringAndSize(barrier.action.data(), barrier.action.size()))
        self._action()
        return 0

    def reset(self):
        """Begin afresh, whole; who waits gets a BrokenBarrierError."""
        self._barrier.reset()

    def abort(self):
        """Break the barrier: who waits or comes gets a BrokenBarrierError, until :meth:`reset`."""
        self._barrier.abort()

    @property
    def parties(self):
        """How many make a round."""
        return self._barrier.parties

    @property
    def n_waiting(self):
        """How many wait now."""
        return self._barrier.waiting()

    @property
    def broken(self):
        """Whether the barrier is broken."""
        return self._barrier.is_broken()

    def __reduce__(self):
        return _attach_barrier, (self.id,)

    def __repr__(self):
        if self.broken:
            return f"<Barrier {self.id}: broken>"
        return f"<Barrier {self.id}: waiters={self.n_waiting}/{self.parties}>"

    @property
    def id(self):
        """The barrier's number in the process, never given out twice."""
        return self._barrier.id()


def _attach_barrier(id):
    return Barrier.__new__(Barrier, _id=id)


drop_surplus_module_reference(sys.modules[__name__])
