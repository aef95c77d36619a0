// One worker: a sub-interpreter, the thread it lives on, its two mailboxes, and the table of all of them.
// Plain C++: what needs Python.h stands in lifecycle.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "shared.hpp"

struct _is;  // PyInterpreterState

namespace subinterp {

enum class State : int {
    starting,   // the thread runs, the interpreter is being made
    idle,       // waits for a request
    running,    // works on one
    closing,    // takes no more requests
    closed,     // ended, everything freed
    abandoned,  // could not be ended; left behind
    failed      // never came up; `failure` tells why
};

// What a call of this core can come to. Never an exception: the Cython side turns these into one.
enum Status : int {
    kOk = 0,
    kTimeout = 1,
    kClosed = 2,
    kInterrupted = 3,
    kNameTaken = 4,
    kNoThread = 5,
    kNotRunning = 6,
    kRefused = 7,
};

struct Message {
    int kind = 0;
    std::string payload;
    std::vector<SharedRef> pins;  // shared memory in flight lives at least as long as the message
};

struct Request {
    std::uint64_t id = 0;
    Message message;
    bool announce = false;  // tell the event reader, too: when the reply is there, and of a cell when it is begun
    std::atomic<bool> done{false};
    std::atomic<bool> nudged{false};  // whoever waits for the reply shall look up
    bool interrupted = false;         // before it has begun: it ends as soon as it begins
    Message reply;
    std::uint64_t events_before_reply = 0;
    std::condition_variable finished;
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
    bool own_gil = true;
    std::string entry_module;
    std::vector<std::string> search_path;

    std::mutex mutex;  // guards everything below, and `done` and `reply` of this worker's requests
    std::string name;
    State state = State::starting;
    std::string failure;
    std::int64_t interpreter_id = -1;
    _is *interpreter = nullptr;
    unsigned long thread_ident = 0;
    std::uint64_t cells = 0;  // finished

    std::deque<std::string> answers;  // to what the current request has asked
    std::deque<RequestPtr> queries;   // answered on a thread beside the worker's own, also while that is busy

    std::deque<RequestPtr> requests;
    std::size_t request_bytes = 0;
    std::atomic<bool> asked{false};  // there is a request, or the end: what the worker's thread spins on
    RequestPtr current;
    std::uint64_t last_request = 0;
    int bell = -1;           // between requests: the socket that wakes the asyncio loop in which the thread waits
    bool tasks_run = false;  // between requests: code of asyncio tasks runs, and can be interrupted
    std::chrono::steady_clock::time_point undisturbed_until{};  // tasks that were cancelled end in peace till then
    bool closing = false;
    bool interrupt_pending = false;
    bool interrupts_held = false;  // one that comes now waits until they are let in again
    bool interrupt_held = false;   // one has come
    bool async_exception_sent = false;
    bool parked = false;

    std::deque<Event> events;
    std::size_t event_bytes = 0;
    std::uint64_t events_emitted = 0;
    std::uint64_t events_taken = 0;
    std::uint64_t events_dispatched = 0;
    bool queued_for_reader = false;

    std::condition_variable wake;        // the worker's own thread: a request, room for an event, an interrupt
    std::condition_variable queried;     // the thread that answers queries
    std::condition_variable room;        // senders: room for a request
    std::condition_variable changed;     // observers: state
    std::condition_variable dispatched;  // waiting for the reader to have shown everything
};
using WorkerPtr = std::shared_ptr<Worker>;

// Seconds; negative means without limit.
using Seconds = double;

constexpr std::size_t kMailboxBytes = 1 << 20;  // per mailbox; one larger message passes when it is alone

// --- the table ---------------------------------------------------------------------------------------------------
bool is_live(State state);
WorkerPtr find_by_handle(std::uint64_t handle);
WorkerPtr find_by_name(const std::string &name);
std::vector<WorkerPtr> live_workers();
std::vector<WorkerPtr> abandoned_workers();
Status table_add(const WorkerPtr &worker);
Status table_rename(const WorkerPtr &worker, const std::string &name);
void set_state(Worker &worker, State state);
struct Snapshot {
    std::string name;
    State state;
    std::int64_t interpreter_id;
    std::uint64_t cells;
    std::string failure;
};
Snapshot snapshot(Worker &worker);
Status wait_until_up(Worker &worker, Seconds timeout);
Status wait_until_down(Worker &worker, Seconds timeout);

// Processes are told apart by a number that fork changes: a worker of the parent is never touched in the child.
bool belongs_to_this_process(const Worker &worker);
void table_before_fork();
void table_after_fork_in_parent();
void table_after_fork_in_child();

// --- requests: any interpreter -> worker --------------------------------------------------------------------------
std::uint64_t next_request_id();
Status post(Worker &worker, const RequestPtr &request, Seconds timeout);
// kInterrupted when there was a nudge before the reply.
Status wait_reply(Worker &worker, Request &request, Seconds timeout);
Status post_query(Worker &worker, const RequestPtr &query);
void nudge(Worker &worker, Request &request);
// Answers a question that the running request has asked by an event.
void answer(Worker &worker, std::string text);
void refuse_further_requests(Worker &worker);
// Takes a request back that the worker has not come to; false when it has.
bool withdraw(Worker &worker, Request &request);
// Answers the request that runs, which will never end, so that nobody waits for it any longer.
void give_up(Worker &worker);
// How many requests that run a user's code wait or run.
std::size_t backlog(Worker &worker);

// --- on the worker's own thread -----------------------------------------------------------------------------------
Worker *current_worker();  // nullptr on every other thread
void set_current_worker(Worker *worker);
Status take_request(Worker &worker, RequestPtr &request);
bool begin(Worker &worker, const RequestPtr &request);  // true when it was interrupted before
bool end(Worker &worker);                               // true when an asynchronous exception may still be on its way
void complete(Worker &worker, Request &request, Message reply);
Status take_answer(Worker &worker, std::string &text);
Status interruptible_sleep(Worker &worker, Seconds duration);
bool consume_interrupt(Worker &worker);
// Holds interrupts back, or lets them in again; true when one has come, which is consumed.
bool hold_interrupts(Worker &worker, bool hold);
std::uint64_t current_request(Worker &worker);  // 0 when there is none
void spin_until_asked(Worker &worker);

// --- the same, in the asyncio loop between requests -----------------------------------------------------------------
bool is_asked(Worker &worker);                 // there is a request, or the end
bool enter_loop(Worker &worker, int bell);     // false when the thread had better take a request
bool leave_loop(Worker &worker);               // true as for end()
bool let_tasks_run(Worker &worker, bool run);  // true as for end()
void begin_end_of_tasks(Worker &worker);
void ring(Worker &worker);  // wakes the loop; the caller holds the mutex

// --- on the thread that answers queries ---------------------------------------------------------------------------
Status take_query(Worker &worker, RequestPtr &query);

// --- events: worker -> the one reader in the main interpreter -----------------------------------------------------
// The caller holds the mutex; never waits.
void append_event(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size);
// Request 0 stands for the one that runs, or the last one. Waits while the reader is too far behind.
Status emit(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size, bool interruptible);
Status take_events(Seconds timeout, WorkerPtr &worker, std::deque<Event> &events, std::uint64_t &last);
void mark_dispatched(Worker &worker, std::uint64_t last);
// Waits until everything emitted before the reply has been shown. On the reader's own thread it returns at once.
Status wait_dispatched(Worker &worker, const Request &request, Seconds timeout);
void stop_reader();
void start_reader();

}  // namespace subinterp
