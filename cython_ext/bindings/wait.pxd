from deadline cimport Deadline
from status cimport Status


cdef extern from "wait/wait.hpp" namespace "subinterp" nogil:
    cdef cppclass Wait:
        pass


cdef extern from "wait/interruptible_wait.hpp" namespace "subinterp":
    Status wait_interruptibly(Wait &wait, Deadline until, object check_interrupts) except *
