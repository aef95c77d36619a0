from libc.stddef cimport size_t
from libcpp cimport bool
from shared_object cimport Holder, Shared
from status cimport Status
from wait cimport Wait


cdef extern from "shared/lock.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedLock(Shared):
        bool recursive
        Status try_acquire(Holder interpreter, size_t depth) noexcept
        bool release() noexcept
        size_t release_all() noexcept
        bool locked() noexcept
        bool is_mine() noexcept
        bool can_be_released() noexcept

    cdef cppclass LockWait(Wait):
        SharedLock *lock
        Holder interpreter
        size_t depth
