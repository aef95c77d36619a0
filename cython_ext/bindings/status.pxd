cdef extern from "wait/status.hpp" namespace "subinterp" nogil:
    cdef enum class Status(int):
        ok
        timeout
        interrupted
        closed
        shut_down
        abandoned
        broken
        cancelled
        name_taken
        not_running
        refused
        no_thread
        no_memory
        over_limit
        not_found
