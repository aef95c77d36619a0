// A pool: tasks in one queue, which several workers take them from, and the results that one reader collects.
//
// Plain C++. Functions that are not noexcept may throw std::bad_alloc, and have changed nothing then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "control/worker.hpp"

namespace subinterp {

struct TaskPool {
    const std::uint32_t process;  // how often the process had been forked
    TaskPool();

    // Locked before a worker's mutex, never after it.
    std::mutex mutex;
    std::deque<RequestPtr> tasks;         // with those that were withdrawn
    std::vector<WorkerPtr> idle;          // wait for a task; the one that came last is woken first
    std::size_t starting = 0;             // workers that have not asked for a task yet
    std::atomic<std::size_t> looking{0};  // workers that have just ended a task and will ask for another
    std::atomic<std::size_t> queued{0};   // tasks that no worker has taken; what idle workers spin on
    std::unordered_map<std::uint64_t, std::shared_ptr<const Message>> functions;
    std::uint64_t last_function = 0;

    // Locked last: also under a worker's mutex.
    std::mutex finished_mutex;
    std::condition_variable finished_changed;
    std::deque<std::uint64_t> finished;  // ids of tasks that have a reply; 0: a worker takes no more tasks
    bool reader_nudged = false;
};

// --- from the interpreter that owns the pool
Status post_task(TaskPool &pool, const RequestPtr &task) noexcept;
// Takes a queued task back; false if a worker has taken it.
bool withdraw_task(TaskPool &pool, Request &task) noexcept;
WorkerPtr taker_of(TaskPool &pool, const Request &task) noexcept;  // nullptr if no worker has taken it
// Whether the task has a reply, and everything that it printed has been shown.
bool is_finished(TaskPool &pool, const Request &task) noexcept;
// The same, after spinning for a short time: a thread that looks itself gets the result sooner than the reader wakes.
bool finishes_soon(TaskPool &pool, const Request &task) noexcept;
std::uint64_t add_function(TaskPool &pool, Message function);
void drop_function(TaskPool &pool, std::uint64_t id) noexcept;
// Whether more tasks are queued than there are workers without one.
bool needs_worker(TaskPool &pool) noexcept;
// Lets a worker take tasks from now on, besides the requests that it is sent, which come first.
Status join_pool(Worker &worker, const TaskPoolPtr &pool);
// Waits for replies and puts the ids of their tasks, and a 0 for each worker that ended, into an empty queue.
Status wait_finished(TaskPool &pool, Deadline deadline, std::deque<std::uint64_t> &ids) noexcept;
// Waits until all that the task printed has been shown.
Status wait_task_shown(const Request &task, Deadline deadline) noexcept;
void nudge_reader(TaskPool &pool) noexcept;

// --- on a worker's own thread
enum class Taken { task, none, own_request };
// Takes a task and makes it current, or counts the worker as idle, unless it has requests of its own or is closing.
Taken take_task(TaskPool &pool, Worker &worker, RequestPtr &task) noexcept;
// Counts a worker as idle that is going to wait in its asyncio loop; false if there is a task.
bool wait_in_loop(TaskPool &pool, Worker &worker) noexcept;
// Takes no more tasks; false if it takes none now.
bool leave_pool(Worker &worker) noexcept;
std::shared_ptr<const Message> find_function(TaskPool &pool, std::uint64_t id) noexcept;

// --- from the mailbox
// The worker takes no more tasks, and the pool's reader is told. Call without its mutex.
void worker_ends(Worker &worker) noexcept;
// The worker has ended a task. Call with its mutex.
void look_for_task(TaskPool &pool, Worker &worker) noexcept;
// A task has its reply. May be called with the worker's mutex.
void announce_finished(TaskPool &pool, std::uint64_t task) noexcept;

}  // namespace subinterp
