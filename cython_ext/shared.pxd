from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "shared.hpp" namespace "subinterp" nogil:
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

    cdef cppclass SharedInfo:
        uint64_t id
        Kind kind
        size_t nbytes
        string format
        vector[int64_t] shape
        vector[pair[Holder, int64_t]] holds

    cdef cppclass Shared:
        uint64_t id()

    cdef cppclass SharedRef:
        SharedRef(Shared *held)
        Shared *get()

    bool shared_add(Shared *object, Holder holder) noexcept
    Shared *shared_acquire(uint64_t id, Kind kind, Holder holder) noexcept
    void shared_hold(Shared *object, Holder holder) noexcept
    void shared_release(Shared *object, Holder holder) noexcept
    int64_t shared_count() noexcept
    vector[SharedInfo] shared_list() except +
    bool shared_pin(uint64_t id, vector[SharedRef] &pins) noexcept
