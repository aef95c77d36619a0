from deadline cimport Deadline
from libc.stdint cimport uint64_t
from libcpp.deque cimport deque
from libcpp.memory cimport shared_ptr
from status cimport Status
from worker cimport Message, Request, RequestPtr, TaskPool, Worker, WorkerPtr


cdef extern from "control/task_pool.hpp" namespace "subinterp" nogil:
    ctypedef shared_ptr[TaskPool] TaskPoolPtr
    ctypedef shared_ptr[const Message] MessagePtr "std::shared_ptr<const subinterp::Message>"

    Status post_task(TaskPool &pool, const RequestPtr &task) noexcept
    bint withdraw_task(TaskPool &pool, Request &task) noexcept
    WorkerPtr taker_of(TaskPool &pool, const Request &task) noexcept
    bint is_finished(TaskPool &pool, const Request &task) noexcept
    bint finishes_soon(TaskPool &pool, const Request &task) noexcept
    uint64_t add_function(TaskPool &pool, Message function) except +
    void drop_function(TaskPool &pool, uint64_t id) noexcept
    bint needs_worker(TaskPool &pool) noexcept
    Status join_pool(Worker &worker, const TaskPoolPtr &pool) except +
    Status wait_finished(TaskPool &pool, Deadline deadline, deque[uint64_t] &ids) noexcept
    Status wait_task_shown(const Request &task, Deadline deadline) noexcept
    void nudge_reader(TaskPool &pool) noexcept

    bint leave_pool(Worker &worker) noexcept
    MessagePtr find_function(TaskPool &pool, uint64_t id) noexcept
