from libc.stdint cimport uint64_t
from libcpp cimport bool
from libcpp.atomic cimport memory_order
from shared_object cimport Shared


cdef extern from "shared/atomic.hpp" namespace "subinterp" nogil:
    ctypedef uint64_t Word

    cdef enum class Operation(int):
        add
        subtract
        bit_and
        bit_or
        bit_xor
        exchange

    cdef cppclass AtomicCell(Shared):
        Word word

    Word atomic_load(void *address, memory_order order) noexcept
    void atomic_store(void *address, Word value, memory_order order) noexcept
    Word atomic_update(Operation operation, void *address, Word value, memory_order order) noexcept
    bool atomic_compare_exchange(void *address, Word expected, Word desired, memory_order order) noexcept
