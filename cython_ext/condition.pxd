from libc.stddef cimport size_t
from libc.stdint cimport uint64_t
from libcpp cimport bool
from lock cimport SharedLock
from shared cimport Holder, Shared
from waiting cimport Wait


cdef extern from "condition.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedCondition(Shared):
        SharedLock *lock() noexcept
        void enter(ConditionWait &wait) except +
        bool leave(ConditionWait &wait, bool goes_on) noexcept
        void notify(size_t count) noexcept

    SharedCondition *condition_over(uint64_t lock) noexcept

    cdef cppclass ConditionWait(Wait):
        SharedCondition *condition
        Holder interpreter
