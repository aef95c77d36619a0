from libc.stddef cimport size_t
from libcpp cimport bool
from shared cimport Shared
from waiting cimport Wait


cdef extern from "semaphore.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedSemaphore(Shared):
        SharedSemaphore(size_t value) except +
        size_t value() noexcept
        bool try_acquire() noexcept
        bool release(size_t count) noexcept

    cdef cppclass SemaphoreWait(Wait):
        SharedSemaphore *semaphore
