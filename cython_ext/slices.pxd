from waiting cimport Moment, Wait


cdef extern from "slices.hpp" namespace "subinterp":
    int wait_in_slices(Wait &wait, Moment until, object pause) except -1
