from libc.stddef cimport size_t
from libcpp cimport bool
from libcpp.string cimport string
from shared_object cimport Holder, Shared, raise_memory_error
from status cimport Status
from wait cimport Wait


cdef extern from "shared/barrier.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedBarrier(Shared):
        size_t parties
        double timeout
        string action
        Status pass_ "pass"(BarrierWait &wait) except +raise_memory_error
        Status time_out(BarrierWait &wait) noexcept
        void break_round(BarrierWait &wait) noexcept
        void abort() noexcept
        void reset() except +raise_memory_error
        bool is_broken() noexcept
        size_t waiting() noexcept

    cdef cppclass BarrierWait(Wait):
        SharedBarrier *barrier
        Holder interpreter
        size_t index
