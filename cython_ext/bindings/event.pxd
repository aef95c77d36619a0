from libcpp cimport bool
from shared_object cimport Shared
from wait cimport Wait


cdef extern from "shared/event.hpp" namespace "subinterp" nogil:
    cdef cppclass SharedEvent(Shared):
        bool is_set() noexcept
        void set() noexcept
        void clear() noexcept
        void enter(EventWait &wait) noexcept

    cdef cppclass EventWait(Wait):
        pass
