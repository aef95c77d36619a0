from libc.stddef cimport size_t
from libc.stdint cimport int64_t
from libcpp.string cimport string
from libcpp.vector cimport vector
from shared cimport Holder, Shared


cdef extern from "block.hpp" namespace "subinterp" nogil:
    const char *kCapsuleName
    const char *kUsedCapsuleName

    cdef cppclass Block(Shared):
        size_t nbytes
        void *data
        string format
        vector[int64_t] shape

    cdef enum class Allocation(int):
        done
        no_memory
        over_limit

    Allocation block_create(
        size_t nbytes, string format, vector[int64_t] shape, Holder holder, Block *&block) except +
    int64_t block_limit() noexcept
    void set_block_limit(int64_t nbytes) noexcept
    size_t block_bytes() noexcept
