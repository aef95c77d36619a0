from libc.stddef cimport size_t
from libcpp cimport bool
from shared_object cimport Shared
from wait cimport Wait


cdef extern from "shared/semaphore.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedSemaphore(Shared):
        size_t value() noexcept
        bool try_acquire() noexcept
        bool release(size_t count) noexcept

    cdef cppclass SemaphoreWait(Wait):
        SharedSemaphore *semaphore
