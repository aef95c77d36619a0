from libcpp cimport bool


cdef extern from "cpython/memory_tracing.hpp" namespace "subinterp" nogil:
    bool tracemalloc_traces() noexcept
