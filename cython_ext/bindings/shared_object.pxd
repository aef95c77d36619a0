from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "shared/memory_error.hpp" namespace "subinterp":
    int raise_memory_error() except -1


cdef extern from "shared/shared_object.hpp" namespace "subinterp" nogil:
    ctypedef int64_t Holder

    cdef enum class Kind(int):
        memory
        atomic_int
        atomic_flag
        lock
        rlock
        event
        condition
        semaphore
        barrier
        queue

    cdef cppclass SharedObjectInfo:
        uint64_t id
        Kind kind
        size_t nbytes
        string format
        vector[int64_t] shape
        vector[pair[Holder, int64_t]] holds

    cdef cppclass Shared:
        uint64_t id() noexcept

    cdef cppclass SharedRef:
        pass

    int64_t shared_count() noexcept
    vector[SharedObjectInfo] shared_list() except +raise_memory_error
    bool shared_pin(uint64_t id, vector[SharedRef] &pins) except +raise_memory_error
