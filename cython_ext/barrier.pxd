from libc.stddef cimport size_t
from libcpp cimport bool
from libcpp.string cimport string
from libcpp.vector cimport vector
from shared cimport Holder, Shared, SharedRef
from waiting cimport Outcome, Wait


cdef extern from "barrier.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedBarrier(Shared):
        size_t parties
        double timeout
        string action
        vector[SharedRef] pins

        SharedBarrier(size_t count, double seconds, string what) except +
        Outcome pass_ "pass"(BarrierWait &wait) noexcept
        Outcome give_up(BarrierWait &wait) noexcept
        void break_round(BarrierWait &wait) noexcept
        void abort() noexcept
        void reset() noexcept
        bool is_broken() noexcept
        size_t waiting() noexcept

    cdef cppclass BarrierWait(Wait):
        SharedBarrier *barrier
        Holder interpreter
        size_t index
