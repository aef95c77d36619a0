from libc.stddef cimport size_t
from libcpp cimport bool
from lock cimport SharedLock
from shared_object cimport Holder, Shared, raise_memory_error
from wait cimport Wait


cdef extern from "shared/condition.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedCondition(Shared):
        SharedLock *lock() noexcept
        void enter(ConditionWait &wait) except +raise_memory_error
        bool leave(ConditionWait &wait, bool failed) noexcept
        void notify(size_t count) noexcept

    cdef cppclass ConditionWait(Wait):
        SharedCondition *condition
        Holder interpreter
