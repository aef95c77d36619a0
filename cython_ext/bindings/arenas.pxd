cdef extern from "cpython/arenas.hpp" namespace "subinterp" nogil:
    void arenas_prepare() noexcept
