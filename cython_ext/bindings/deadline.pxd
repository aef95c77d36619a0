cdef extern from "wait/deadline.hpp" namespace "subinterp" nogil:
    cdef cppclass Deadline:
        pass

    const Deadline kNever
    const Deadline kImmediately

    Deadline deadline_after(double seconds) noexcept
    bint has_passed(Deadline deadline) noexcept
