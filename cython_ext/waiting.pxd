from libc.stdint cimport uint64_t


cdef extern from "waiting.hpp" namespace "subinterp" nogil:
    cdef enum class Outcome(int):
        done
        not_yet
        abandoned
        broken
        shut_down
        cancelled
        no_memory

    ctypedef double Moment
    const Moment kNever

    cdef cppclass Wait:
        pass

    Moment now() noexcept
    uint64_t this_thread_number() noexcept
