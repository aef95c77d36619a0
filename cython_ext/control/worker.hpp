// One worker: a sub-interpreter, the thread that it runs on, its queues of requests and events, and the table of all
// workers. Plain C++: what needs Python.h is in lifecycle.cpp.
//
// Functions that are not noexcept may throw std::bad_alloc, and have changed nothing then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "shared/shared_object.hpp"
#include "wait/deadline.hpp"
#include "wait/status.hpp"

struct _is;  // PyInterpreterState
struct _ts;  // PyThreadState

namespace subinterp {

enum class State : int {
    starting,   // the thread runs, the interpreter is being made
    idle,       // waits for a request
    running,    // runs a request
    closing,    // accepts no more requests
    closed,     // ended, everything is freed
    abandoned,  // could not be ended, and was left behind
    failed      // did not start; `failure` tells why
};

struct Message {
    int kind = 0;
    std::string payload;
    std::vector<SharedRef> pins;  // the shared objects in it, which live at least as long as the message
};

struct TaskPool;
using TaskPoolPtr = std::shared_ptr<TaskPool>;

struct Worker;
using WorkerPtr = std::shared_ptr<Worker>;

enum class TaskState : int { queued, taken, withdrawn };

struct Request {
    std::uint64_t id = 0;
    Message message;
    bool announce = false;  // send the events STARTED (of a cell) and FINISHED
    std::atomic<bool> done{false};
    std::atomic<bool> woken{false};  // the thread that waits for the reply is to return early
    bool interrupted_early = false;  // before it started: it ends as soon as it starts
    Message reply;
    std::uint64_t events_before_reply = 0;
    std::condition_variable finished;

    // Of a task, which a pool hands to one of its workers; the pool's mutex guards its state.
    TaskPoolPtr pool;
    TaskState task_state = TaskState::queued;
    WorkerPtr taken_by;        // set once, before `done`
    std::uint64_t output = 0;  // the id under which its output is sent, if not its own
    bool printed = false;      // it has sent events
};
using RequestPtr = std::shared_ptr<Request>;

struct Event {
    std::uint64_t request;
    int kind;
    std::string payload;
};

struct Worker : std::enable_shared_from_this<Worker> {
    // Set once before the thread starts.
    std::uint64_t handle = 0;
    std::uint32_t process = 0;  // how often the process had been forked
    bool own_gil = true;
    std::string entry_module;
    std::vector<std::string> search_path;

    std::mutex mutex;  // guards everything below, and `done` and `reply` of this worker's requests
    std::string name;
    State state = State::starting;
    std::string failure;
    std::int64_t interpreter_id = -1;
    _is *interpreter = nullptr;   // while interrupts can be delivered to it
    _ts *thread_state = nullptr;  // of its thread; exists while `interpreter` is set
    unsigned long thread_ident = 0;
    std::uint64_t cells = 0;  // finished

    std::deque<RequestPtr> requests;
    std::size_t request_bytes = 0;
    std::atomic<bool> has_requests{false};  // or is closing: what the worker's thread spins on
    RequestPtr current;
    RequestPtr unanswered;  // was taken and has no reply: the current request, or the last one until complete()
    std::uint64_t last_request = 0;
    std::deque<std::string> answers;  // to the prompts of the current request
    std::deque<RequestPtr> queries;   // answered on a second thread, also while a request runs

    int wakeup_fd = -1;      // the socket that wakes the asyncio loop in which the thread waits, or -1
    bool tasks_run = false;  // asyncio tasks run between requests, and can be interrupted
    Deadline ignore_interrupts_until = kImmediately;  // while cancelled tasks end
    bool closing = false;
    bool interrupt_pending = false;          // an interrupt is on its way
    Deadline interrupted_at = kImmediately;  // when it was sent
    bool waits_interruptibly = false;        // its thread is in a wait that sees interrupt_pending
    bool interrupts_held = false;            // interrupts are delivered later
    bool interrupt_held = false;             // one is to be delivered later
    bool async_exception_sent = false;       // to its thread, by another one of the interpreter that met the interrupt
    bool stopped = false;                    // the thread has stopped for good, because the process ends
    bool left_behind = false;                // counts as abandoned from now on, although its thread may still end it

    std::deque<Event> events;
    std::size_t event_bytes = 0;
    std::uint64_t events_emitted = 0;
    std::uint64_t events_dispatched = 0;
    bool queued_for_reader = false;

    TaskPoolPtr pool;                             // never changes once it is set
    std::atomic<TaskPool *> takes_from{nullptr};  // the same, until the worker takes no more tasks
    std::atomic<bool> task_posted{false};         // it is to ask for a task
    bool joins_pool = false;                      // it has not asked for a task yet
    bool looks_for_task = false;                  // it has ended one and not asked for another yet

    std::condition_variable wake;        // the worker's own thread: a request, room for an event, an interrupt
    std::condition_variable queried;     // the thread that answers queries
    std::condition_variable room;        // senders: room for a request
    std::condition_variable changed;     // observers: the state
    std::condition_variable dispatched;  // those who wait until events have been shown
};

// Exists while the worker's own thread waits for something or for an interrupt. Made and destroyed under the mutex.
class InterruptibleWait {
  public:
    explicit InterruptibleWait(Worker &worker) noexcept : worker_(worker) { worker_.waits_interruptibly = true; }
    ~InterruptibleWait() { worker_.waits_interruptibly = false; }
    InterruptibleWait(const InterruptibleWait &) = delete;
    InterruptibleWait &operator=(const InterruptibleWait &) = delete;

  private:
    Worker &worker_;
};

constexpr std::size_t kMailboxBytes = 1 << 20;  // per queue; one larger message passes when the queue is empty

// --- the worker table -----------------------------------------------------------------------------------------------
bool is_live(State state) noexcept;
WorkerPtr find_by_handle(std::uint64_t handle) noexcept;
WorkerPtr find_by_name(const std::string &name) noexcept;
std::vector<WorkerPtr> live_workers();  // without those left behind
std::vector<WorkerPtr> abandoned_workers();
Status table_add(const WorkerPtr &worker);
Status table_rename(const WorkerPtr &worker, const std::string &name);
void set_state(Worker &worker, State state) noexcept;

struct Snapshot {
    std::string name;
    State state;
    std::int64_t interpreter_id;
    std::uint64_t cells;
    std::string failure;
};
Snapshot snapshot(Worker &worker);
Status wait_until_up(Worker &worker, Deadline deadline) noexcept;
Status wait_until_down(Worker &worker, Deadline deadline) noexcept;

// False in a forked child for the workers of its parent: their mutexes may be locked by threads that do not exist in
// the child, so nothing may lock them. They count as closed.
bool belongs_to_this_process(const Worker &worker) noexcept;
void table_before_fork() noexcept;
void table_after_fork_in_parent() noexcept;
void table_after_fork_in_child() noexcept;

// --- requests: from any interpreter to a worker
// -----------------------------------------------------------------------
std::uint64_t next_request_id() noexcept;
Status post(Worker &worker, const RequestPtr &request, Deadline deadline) noexcept;
// Status::interrupted if wake_waiter() was called before the reply arrived.
Status wait_reply(Worker &worker, Request &request, Deadline deadline) noexcept;
Status post_query(Worker &worker, const RequestPtr &query);
void wake_waiter(Worker &worker, Request &request) noexcept;
// Answers a prompt of the current request.
void answer(Worker &worker, std::string text);
void refuse_further_requests(Worker &worker) noexcept;
// Takes a queued request back; false if it is not queued (any more).
bool withdraw(Worker &worker, Request &request) noexcept;
// Replies to the taken request, because the worker will not, and frees the interpreter's name and the locks that it
// holds.
void leave_behind(Worker &worker) noexcept;
// The number of requests with user code that run or are queued.
std::size_t backlog(Worker &worker) noexcept;

// --- on the worker's own thread
// -----------------------------------------------------------------------------------------
Worker *current_worker() noexcept;  // nullptr on every other thread
void set_current_worker(Worker *worker) noexcept;
// Takes a request and makes it current, in one step: a request is always queued, unanswered or done. `interrupted`
// tells that it was interrupted before.
Status take_request(Worker &worker, RequestPtr &request, bool &interrupted) noexcept;
// Makes a request the current one. The caller holds the mutex.
void make_current(Worker &worker, const RequestPtr &request) noexcept;
// Ends the current request. True if an asynchronous exception may still be on its way.
bool end_request(Worker &worker) noexcept;
void complete(Worker &worker, Request &request, Message reply) noexcept;
Status take_answer(Worker &worker, std::string &text) noexcept;
Status interruptible_sleep(Worker &worker, Deadline deadline) noexcept;
// Clears a pending interrupt; true if there was one.
bool consume_interrupt(Worker &worker) noexcept;
// The same, on another thread: the interrupt goes on as an asynchronous exception. False if there is none, or if the
// worker's thread waits and will see it.
bool consume_as_async_exception(Worker &worker) noexcept;
// Holds interrupts back, or delivers them again; true if one has arrived, which is cleared.
bool hold_interrupts(Worker &worker, bool hold) noexcept;
// The id under which output of the current request is sent; 0 if there is none.
std::uint64_t current_request(Worker &worker) noexcept;

// --- the same, in the asyncio loop between requests
// ---------------------------------------------------------------------
bool has_requests(Worker &worker) noexcept;               // or is closing, or is to ask its pool for a task
bool is_closing(Worker &worker) noexcept;                 // and takes no more requests
bool enter_loop(Worker &worker, int wakeup_fd) noexcept;  // false if there is a request
bool leave_loop(Worker &worker) noexcept;                 // true as for end_request()
bool let_tasks_run(Worker &worker, bool run) noexcept;    // true as for end_request()
void start_cancelling_tasks(Worker &worker) noexcept;
void wake_loop(Worker &worker) noexcept;  // the caller holds the mutex

// --- on the thread that answers queries
// -----------------------------------------------------------------------------------
Status take_query(Worker &worker, RequestPtr &query) noexcept;

// --- events: from a worker to the event reader of the main interpreter
// ------------------------------------------------------ The caller holds the mutex; never waits.
void append_event(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size);
// Request 0 stands for the current one, or for the last one. Waits while the reader is too far behind.
Status emit(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size,
            bool interruptible) noexcept;
Status take_events(Deadline deadline, WorkerPtr &worker, std::deque<Event> &events, std::uint64_t &last) noexcept;
void mark_dispatched(Worker &worker, std::uint64_t last) noexcept;
// Waits until all events before the reply have been shown. On the reader's own thread it returns at once.
Status wait_dispatched(Worker &worker, const Request &request, Deadline deadline) noexcept;
void stop_reader() noexcept;
void start_reader() noexcept;

}  // namespace subinterp
