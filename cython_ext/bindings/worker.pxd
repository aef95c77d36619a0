from deadline cimport Deadline
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool
from libcpp.deque cimport deque
from libcpp.memory cimport shared_ptr
from libcpp.string cimport string
from libcpp.vector cimport vector
from shared_object cimport SharedRef
from status cimport Status


cdef extern from "control/worker.hpp" namespace "subinterp" nogil:
    cdef cppclass State:
        pass

    cdef cppclass Message:
        Message() except +
        int kind
        string payload
        vector[SharedRef] pins

    cdef cppclass TaskPool:
        TaskPool() except +

    cdef cppclass Request:
        uint64_t id
        Message message
        bool announce
        Message reply
        uint64_t events_before_reply
        shared_ptr[TaskPool] pool
        uint64_t output

    cdef cppclass Event:
        uint64_t request
        int kind
        string payload

    cdef cppclass Worker:
        uint64_t handle
        bool own_gil
        string entry_module
        vector[string] search_path
        string name
        shared_ptr[TaskPool] pool

    cdef cppclass Snapshot:
        string name
        State state
        int64_t interpreter_id
        uint64_t cells
        string failure

    ctypedef shared_ptr[Request] RequestPtr
    ctypedef shared_ptr[Worker] WorkerPtr

    WorkerPtr find_by_handle(uint64_t handle) noexcept
    WorkerPtr find_by_name(const string &name) noexcept
    vector[WorkerPtr] live_workers() except +
    vector[WorkerPtr] abandoned_workers() except +
    Status table_rename(const WorkerPtr &worker, const string &name) except +
    Snapshot snapshot(Worker &worker) except +
    Status wait_until_up(Worker &worker, Deadline deadline) noexcept
    Status wait_until_down(Worker &worker, Deadline deadline) noexcept

    uint64_t next_request_id() noexcept
    Status post(Worker &worker, const RequestPtr &request, Deadline deadline) noexcept
    Status wait_reply(Worker &worker, Request &request, Deadline deadline) noexcept
    Status post_query(Worker &worker, const RequestPtr &query) except +
    void wake_waiter(Worker &worker, Request &request) noexcept
    void answer(Worker &worker, string text) except +
    void refuse_further_requests(Worker &worker) noexcept
    bint withdraw(Worker &worker, Request &request) noexcept
    void leave_behind(Worker &worker) noexcept
    size_t backlog(Worker &worker) noexcept

    Worker *current_worker() noexcept
    Status take_request(Worker &worker, RequestPtr &request, bool &interrupted) noexcept
    bint end_request(Worker &worker) noexcept
    void complete(Worker &worker, Request &request, Message reply) noexcept
    Status take_answer(Worker &worker, string &text) noexcept
    Status interruptible_sleep(Worker &worker, Deadline deadline) noexcept
    bint consume_interrupt(Worker &worker) noexcept
    bint hold_interrupts(Worker &worker, bint hold) noexcept
    uint64_t current_request(Worker &worker) noexcept

    bint has_requests(Worker &worker) noexcept
    bint is_closing(Worker &worker) noexcept
    bint enter_loop(Worker &worker, int wakeup_fd) noexcept
    bint leave_loop(Worker &worker) noexcept
    bint let_tasks_run(Worker &worker, bint run) noexcept
    void start_cancelling_tasks(Worker &worker) noexcept

    Status take_query(Worker &worker, RequestPtr &query) noexcept

    Status emit(
        Worker &worker, uint64_t request, int kind, const char *data, size_t size, bint interruptible
    ) noexcept
    Status take_events(Deadline deadline, WorkerPtr &worker, deque[Event] &events, uint64_t &last) noexcept
    void mark_dispatched(Worker &worker, uint64_t last) noexcept
    Status wait_dispatched(Worker &worker, const Request &request, Deadline deadline) noexcept
    void stop_reader() noexcept
    void start_reader() noexcept
