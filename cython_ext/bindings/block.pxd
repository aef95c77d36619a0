from held cimport Held
from libc.stddef cimport size_t
from libc.stdint cimport int64_t
from libcpp.string cimport string
from libcpp.vector cimport vector
from shared_object cimport Holder, Shared, raise_memory_error
from status cimport Status


cdef extern from "shared/block.hpp" namespace "subinterp" nogil:
    const char *kCapsuleName
    const char *kUsedCapsuleName

    cdef cppclass Block(Shared):
        size_t nbytes
        void *data
        string format
        vector[int64_t] shape

    Status block_create(
        size_t nbytes, string format, vector[int64_t] shape, Holder holder, Held[Block] &block
    ) except +raise_memory_error
    int64_t block_limit() noexcept
    void set_block_limit(int64_t nbytes) noexcept
    size_t block_bytes() noexcept
