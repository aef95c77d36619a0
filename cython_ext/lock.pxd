from libc.stddef cimport size_t
from libcpp cimport bool
from shared cimport Holder, Shared
from waiting cimport Outcome, Wait


cdef extern from "lock.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedLock(Shared):
        bool recursive

        SharedLock(bool again) except +
        Outcome try_acquire(Holder interpreter, size_t depth) noexcept
        bool release() noexcept
        size_t release_all() noexcept
        bool locked() noexcept
        bool is_mine() noexcept
        bool may_be_used() noexcept

    cdef cppclass LockWait(Wait):
        SharedLock *lock
        Holder interpreter
        size_t depth
