from worker cimport Request, Seconds, Status, Worker, WorkerPtr


cdef extern from "lifecycle.hpp" namespace "subinterp" nogil:
    Status spawn(const WorkerPtr &worker) noexcept
    Status interrupt(Worker &worker, const Request *only) noexcept
    void drop_asynchronous_exception(Worker &worker) noexcept
    void raise_system_exit_in_other_threads() noexcept
    bint bury_abandoned(Seconds patience) noexcept


cdef extern from "lifecycle.hpp" namespace "subinterp":
    object frames_of_this_interpreter()
