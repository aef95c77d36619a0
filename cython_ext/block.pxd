from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libcpp.vector cimport vector


cdef extern from "block.hpp" namespace "subinterp" nogil:
    const char *kCapsuleName

    cdef cppclass Block:
        uint64_t id
        size_t nbytes
        void *data

    cdef cppclass BlockInfo:
        uint64_t id
        size_t nbytes
        int64_t holders

    cdef cppclass BlockRef:
        pass

    Block *block_create(size_t nbytes) noexcept
    Block *block_acquire(uint64_t id) noexcept
    void block_hold(Block *block) noexcept
    void block_release(Block *block) noexcept
    int64_t block_count() noexcept
    vector[BlockInfo] block_list() except +
    bint block_pin(uint64_t id, vector[BlockRef] &pins) noexcept
