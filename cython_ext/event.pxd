from libcpp cimport bool
from shared cimport Shared
from waiting cimport Wait


cdef extern from "event.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedEvent(Shared):
        SharedEvent() except +
        bool is_set() noexcept
        void set() noexcept
        void clear() noexcept
        void enter(EventWait &wait) noexcept

    cdef cppclass EventWait(Wait):
        pass
