from status cimport Status
from worker cimport Request, Worker


cdef extern from "control/interrupt.hpp" namespace "subinterp" nogil:
    Status interrupt(Worker &worker, const Request *only) noexcept
    double interrupt_age(Worker &worker) noexcept
    Status stop_request(Worker &worker, Request &request) noexcept
    void drop_asynchronous_exception(Worker &worker) noexcept
    void raise_system_exit_in_other_threads() except +
