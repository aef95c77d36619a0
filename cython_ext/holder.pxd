from shared cimport Holder


cdef extern from "holder.hpp" namespace "subinterp":
    Holder this_interpreter() noexcept
