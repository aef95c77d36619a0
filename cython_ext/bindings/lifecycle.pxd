from deadline cimport Deadline
from status cimport Status
from worker cimport WorkerPtr


cdef extern from "control/lifecycle.hpp" namespace "subinterp" nogil:
    Status spawn(const WorkerPtr &worker) noexcept
    bint detach_interpreters(Deadline stopped_by, Deadline ended_by) noexcept


cdef extern from "control/lifecycle.hpp" namespace "subinterp":
    object frames_of_this_interpreter()
