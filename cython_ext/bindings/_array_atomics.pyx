"""The atomic operations of _array.pyx, for the address of an element."""

import sys

from array_buffer cimport format_of
from atomic cimport Operation, Word, atomic_compare_exchange, atomic_load, atomic_store, atomic_update
from element cimport element_get, quick_set
from geometry cimport Geometry
from libc.stdint cimport uintptr_t
from module_reference cimport drop_surplus_module_reference
from subinterp_kernel.bindings._atomic cimport Use, memory_order_of
from subinterp_kernel.bindings._elements cimport store


cdef class _Nothing:
    """Without a class, CPython 3.15 never frees a Cython module at the end of a sub-interpreter, which leaks 3.6 MB."""

    cdef object _collectable  # see module_reference.hpp


cdef object load_atomically(Geometry &array, char *element, order):
    _raise_unless_atomic(array, element)
    cdef Word word = atomic_load(element, memory_order_of(order, Use.load))
    return element_get(array.code, <char *>&word)


cdef int store_atomically(Geometry &array, char *element, value, order) except -1:
    _raise_unless_atomic(array, element)
    atomic_store(element, _word(array.code, value), memory_order_of(order, Use.store))
    return 0


cdef object update_atomically(Operation operation, Geometry &array, char *element, value, order):
    _raise_unless_atomic(array, element)
    cdef Word word = atomic_update(operation, element, _word(array.code, value), memory_order_of(order, Use.update))
    return element_get(array.code, <char *>&word)


cdef bint compare_exchange_atomically(Geometry &array, char *element, expected, desired, order) except -1:
    _raise_unless_atomic(array, element)
    return atomic_compare_exchange(
        element, _word(array.code, expected), _word(array.code, desired), memory_order_of(order, Use.update))


cdef int _raise_unless_atomic(Geometry &array, char *element) except -1:
    if array.itemsize != 8 or array.code not in b"lLqQnN":
        format = format_of(array.code).decode()
        raise TypeError(f"atomic operations need integers of 8 bytes, such as format 'q', not format {format!r}")
    if <uintptr_t>element % 8:
        raise TypeError("atomic operations need elements at addresses that are multiples of 8")
    return 0


cdef Word _word(char code, value) except? 0:
    cdef Word word = 0
    if not quick_set(code, <char *>&word, value):
        store(code, <char *>&word, value)
    return word


drop_surplus_module_reference(sys.modules[__name__])
