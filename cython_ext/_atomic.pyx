"""Numbers and flags that all interpreters change in one step."""

import sys

from atomic cimport (
    AtomicCell, Operation, Word, atomic_cell_create, atomic_compare_exchange, atomic_load, atomic_store, atomic_update,
)
from holder cimport this_interpreter
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libcpp.atomic cimport (
    memory_order, memory_order_acq_rel, memory_order_acquire, memory_order_relaxed, memory_order_release,
    memory_order_seq_cst,
)
from module_reference cimport drop_surplus_module_reference
from shared cimport Kind, shared_acquire, shared_release
cimport cython

from subinterp_kernel.errors import BlockGoneError


@cython.final
cdef class AtomicInt:
    """A 64-bit signed integer that all interpreters can change without losing an update.

    Parameters
    ----------
    value : int
        What it begins with.

    Raises
    ------
    OverflowError
        A value does not fit into 64 bits.

    Notes
    -----
    Lock-free, and thread-safe as a whole: no operation is ever seen half done. Sums that do not fit wrap around, as C's
    unsigned numbers do: ``2**63 - 1`` plus 1 is ``-2**63``. The memory order is sequentially consistent unless `order`
    says otherwise; the orders are those of ``std::memory_order`` in C++.
    Passed to another interpreter it arrives as another object for the same number.
    """

    _crosses_by_reference = True

    cdef AtomicCell *_cell
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, value=0):
        self._cell = NULL
        self._cell = atomic_cell_create(Kind.atomic_int, <Word><int64_t>value, this_interpreter())
        if self._cell == NULL:
            raise MemoryError("no memory for an atomic number")

    def __dealloc__(self):
        if self._cell != NULL:
            shared_release(self._cell, this_interpreter())

    cdef object _update(self, Operation operation, int64_t value, order):
        return <int64_t>atomic_update(operation, &self._cell.word, <Word>value, memory_order_named(order, Use.update))

    def load(self, *, order=None):
        """Return the value; `order` is ``"seq_cst"``, ``"acquire"`` or ``"relaxed"``."""
        return <int64_t>atomic_load(&self._cell.word, memory_order_named(order, Use.load))

    def store(self, int64_t value, /, *, order=None):
        """Set the value; `order` is ``"seq_cst"``, ``"release"`` or ``"relaxed"``."""
        atomic_store(&self._cell.word, <Word>value, memory_order_named(order, Use.store))

    def exchange(self, int64_t value, /, *, order=None):
        """Set the value and return what it was."""
        return self._update(Operation.exchange, value, order)

    def compare_exchange(self, int64_t expected, int64_t desired, /, *, order=None):
        """Set the value to `desired` if it is `expected`; tell whether it was."""
        return atomic_compare_exchange(
            &self._cell.word, <Word>expected, <Word>desired, memory_order_named(order, Use.update))

    def fetch_add(self, int64_t value=1, /, *, order=None):
        """Add to the value and return what it was."""
        return self._update(Operation.add, value, order)

    def fetch_sub(self, int64_t value=1, /, *, order=None):
        """Subtract from the value and return what it was."""
        return self._update(Operation.subtract, value, order)

    def fetch_and(self, int64_t value, /, *, order=None):
        """Keep the bits that both have, and return the value as it was."""
        return self._update(Operation.bit_and, value, order)

    def fetch_or(self, int64_t value, /, *, order=None):
        """Set the bits of `value`, and return the value as it was."""
        return self._update(Operation.bit_or, value, order)

    def fetch_xor(self, int64_t value, /, *, order=None):
        """Flip the bits of `value`, and return the value as it was."""
        return self._update(Operation.bit_xor, value, order)

    def __index__(self):
        return <int64_t>atomic_load(&self._cell.word, memory_order_seq_cst)

    def __int__(self):
        return <int64_t>atomic_load(&self._cell.word, memory_order_seq_cst)

    def __repr__(self):
        return f"AtomicInt({int(self)})"

    def __reduce__(self):
        return _attach_int, (self.id,)

    @property
    def id(self):
        """Its number in the process, never given out twice."""
        return self._cell.id()

    @property
    def address(self):
        """The address of its 8 bytes, for ``ctypes``. It is valid only while somebody holds the number."""
        return <uintptr_t>&self._cell.word


@cython.final
cdef class AtomicFlag:
    """A flag that all interpreters can test and set in one step.

    Parameters
    ----------
    value : bool
        What it begins with.

    Notes
    -----
    Lock-free and thread-safe. Passed to another interpreter it arrives as another object for the same flag. See
    ``std::atomic_flag`` in C++; to wait for a flag, use :class:`subinterp_kernel.Event`.
    """

    _crosses_by_reference = True

    cdef AtomicCell *_cell
    cdef object _collectable  # see module_reference.hpp

    def __cinit__(self, value=False):
        self._cell = NULL
        self._cell = atomic_cell_create(Kind.atomic_flag, <Word>bool(value), this_interpreter())
        if self._cell == NULL:
            raise MemoryError("no memory for an atomic flag")

    def __dealloc__(self):
        if self._cell != NULL:
            shared_release(self._cell, this_interpreter())

    def test_and_set(self):
        """Set the flag; tell whether it was set before."""
        return atomic_update(Operation.exchange, &self._cell.word, 1, memory_order_seq_cst) != 0

    def clear(self):
        """Unset the flag."""
        atomic_store(&self._cell.word, 0, memory_order_seq_cst)

    def test(self):
        """Tell whether the flag is set."""
        return atomic_load(&self._cell.word, memory_order_seq_cst) != 0

    def __bool__(self):
        return atomic_load(&self._cell.word, memory_order_seq_cst) != 0

    def __repr__(self):
        return f"AtomicFlag({bool(self)})"

    def __reduce__(self):
        return _attach_flag, (self.id,)

    @property
    def id(self):
        """Its number in the process, never given out twice."""
        return self._cell.id()


cdef AtomicCell *_found(id, Kind kind) except NULL:
    cdef AtomicCell *cell = <AtomicCell *>shared_acquire(<uint64_t>id, kind, this_interpreter())
    if cell == NULL:
        raise BlockGoneError(f"there is no atomic {id}: everyone who held it has let it go")
    return cell


# An object always has a cell, even if nobody calls __init__: these replace the one that it was born with.

def _attach_int(id):
    cdef AtomicCell *cell = _found(id, Kind.atomic_int)
    cdef AtomicInt self = AtomicInt.__new__(AtomicInt)
    self._cell, cell = cell, self._cell
    shared_release(cell, this_interpreter())
    return self


def _attach_flag(id):
    cdef AtomicCell *cell = _found(id, Kind.atomic_flag)
    cdef AtomicFlag self = AtomicFlag.__new__(AtomicFlag)
    self._cell, cell = cell, self._cell
    shared_release(cell, this_interpreter())
    return self


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
