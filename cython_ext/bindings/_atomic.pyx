"""Atomic numbers and flags across the interpreters of the process."""

import sys

from atomic cimport (
    AtomicCell, Operation, Word, atomic_compare_exchange, atomic_load, atomic_store, atomic_update,
)
from held cimport Held, raise_gone, this_interpreter
from libc.stdint cimport int64_t, uintptr_t
from libcpp.atomic cimport (
    memory_order, memory_order_acq_rel, memory_order_acquire, memory_order_relaxed, memory_order_release,
    memory_order_seq_cst,
)
from module_reference cimport drop_surplus_module_reference
from shared_object cimport Kind
cimport cython


@cython.final
cdef class AtomicInt:
    """A 64-bit signed integer that all interpreters can change atomically.

    Parameters
    ----------
    value : int
        The initial value.

    Raises
    ------
    OverflowError
        The value does not fit into 64 bits.
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe and lock-free. Sums wrap around, as unsigned numbers do in C: ``2**63 - 1`` plus 1 is ``-2**63``. The
    memory order is sequentially consistent by default; the orders are those of ``std::memory_order`` in C++. Another
    interpreter receives another object for the same number.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> number = sk.AtomicInt(5)
    >>> number.fetch_add(2)
    5
    >>> number.load()
    7
    >>> number.compare_exchange(7, 1), int(number)
    (True, 1)
    """

    _crosses_by_reference = True

    cdef Held[AtomicCell] _cell
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, value=0, *, _id=None):
        if _id is None:
            self._cell.make(this_interpreter(), Kind.atomic_int, <Word><int64_t>value)
        elif not self._cell.find(this_interpreter(), _id, Kind.atomic_int):
            raise_gone("AtomicInt", _id)

    def __init__(self, value=0):
        pass

    cdef object _update(self, Operation operation, int64_t value, order):
        return <int64_t>atomic_update(
            operation, &self._cell.get().word, <Word>value, memory_order_named(order, Use.update))

    def load(self, *, order=None):
        """Return the value; `order` is ``"seq_cst"``, ``"acquire"`` or ``"relaxed"``."""
        return <int64_t>atomic_load(&self._cell.get().word, memory_order_named(order, Use.load))

    def store(self, int64_t value, /, *, order=None):
        """Set the value; `order` is ``"seq_cst"``, ``"release"`` or ``"relaxed"``."""
        atomic_store(&self._cell.get().word, <Word>value, memory_order_named(order, Use.store))

    def exchange(self, int64_t value, /, *, order=None):
        """Set the value and return the previous one."""
        return self._update(Operation.exchange, value, order)

    def compare_exchange(self, int64_t expected, int64_t desired, /, *, order=None):
        """Set the value to `desired` if it is `expected`, and return whether it was."""
        return atomic_compare_exchange(
            &self._cell.get().word, <Word>expected, <Word>desired, memory_order_named(order, Use.update))

    def fetch_add(self, int64_t value=1, /, *, order=None):
        """Add to the value and return the previous one."""
        return self._update(Operation.add, value, order)

    def fetch_sub(self, int64_t value=1, /, *, order=None):
        """Subtract from the value and return the previous one."""
        return self._update(Operation.subtract, value, order)

    def fetch_and(self, int64_t value, /, *, order=None):
        """Keep the bits that both have, and return the previous value."""
        return self._update(Operation.bit_and, value, order)

    def fetch_or(self, int64_t value, /, *, order=None):
        """Set the bits of `value`, and return the previous value."""
        return self._update(Operation.bit_or, value, order)

    def fetch_xor(self, int64_t value, /, *, order=None):
        """Flip the bits of `value`, and return the previous value."""
        return self._update(Operation.bit_xor, value, order)

    def __index__(self):
        return <int64_t>atomic_load(&self._cell.get().word, memory_order_seq_cst)

    def __int__(self):
        return <int64_t>atomic_load(&self._cell.get().word, memory_order_seq_cst)

    def __repr__(self):
        return f"AtomicInt({int(self)})"

    def __reduce__(self):
        return _attach_int, (self.id,)

    @property
    def id(self):
        """The number of the object in the process, never used twice."""
        return self._cell.get().id()

    @property
    def address(self):
        """The address of its 8 bytes, for ``ctypes``. It is valid only while some interpreter holds the object."""
        return <uintptr_t>&self._cell.get().word


@cython.final
cdef class AtomicFlag:
    """A flag that all interpreters can test and set atomically.

    Parameters
    ----------
    value : bool
        The initial value.

    Raises
    ------
    MemoryError
        There is no memory for it.

    Notes
    -----
    Thread-safe and lock-free, like ``std::atomic_flag`` in C++. Another interpreter receives another object for the
    same flag. To wait for a flag, use :class:`subinterp_kernel.Event`.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> flag = sk.AtomicFlag()
    >>> flag.test_and_set(), flag.test_and_set()
    (False, True)
    >>> flag.clear()
    >>> bool(flag)
    False
    """

    _crosses_by_reference = True

    cdef Held[AtomicCell] _cell
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, value=False, *, _id=None):
        if _id is None:
            self._cell.make(this_interpreter(), Kind.atomic_flag, <Word>bool(value))
        elif not self._cell.find(this_interpreter(), _id, Kind.atomic_flag):
            raise_gone("AtomicFlag", _id)

    def __init__(self, value=False):
        pass

    def test_and_set(self):
        """Set the flag, and return whether it was set before."""
        return atomic_update(Operation.exchange, &self._cell.get().word, 1, memory_order_seq_cst) != 0

    def clear(self):
        """Unset the flag."""
        atomic_store(&self._cell.get().word, 0, memory_order_seq_cst)

    def test(self):
        """Return whether the flag is set."""
        return atomic_load(&self._cell.get().word, memory_order_seq_cst) != 0

    def __bool__(self):
        return atomic_load(&self._cell.get().word, memory_order_seq_cst) != 0

    def __repr__(self):
        return f"AtomicFlag({bool(self)})"

    def __reduce__(self):
        return _attach_flag, (self.id,)

    @property
    def id(self):
        """The number of the object in the process, never used twice."""
        return self._cell.get().id()


def _attach_int(id):
    return AtomicInt.__new__(AtomicInt, _id=id)


def _attach_flag(id):
    return AtomicFlag.__new__(AtomicFlag, _id=id)


_ORDERS = {
    Use.load: ("seq_cst", "acquire", "relaxed"),
    Use.store: ("seq_cst", "release", "relaxed"),
    Use.update: ("seq_cst", "acq_rel", "acquire", "release", "relaxed"),
}


cdef memory_order memory_order_named(name, Use use) except *:
    if name is None or name == "seq_cst":
        return memory_order_seq_cst
    if name not in _ORDERS[use]:
        raise ValueError(f"the memory order of this operation is one of {', '.join(_ORDERS[use])}; not {name!r}")
    if name == "relaxed":
        return memory_order_relaxed
    if name == "acquire":
        return memory_order_acquire
    return memory_order_release if name == "release" else memory_order_acq_rel


drop_surplus_module_reference(sys.modules[__name__])
