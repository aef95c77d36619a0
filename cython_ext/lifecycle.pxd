from worker cimport Seconds, Status, Worker, WorkerPtr


cdef extern from "lifecycle.hpp" namespace "subinterp" nogil:
    Status spawn(const WorkerPtr &worker) noexcept
    Status interrupt(Worker &worker) noexcept
    void drop_asynchronous_exception(Worker &worker) noexcept
    bint bury_abandoned(Seconds patience) noexcept
