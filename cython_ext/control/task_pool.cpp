#include "control/task_pool.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "control/worker_table.hpp"

namespace subinterp {

namespace {

bool is_of_this_process(const TaskPool &pool) { return pool.process == process().number; }

// All of these: the caller holds the pool's mutex.

void wake_one(TaskPool &pool) noexcept {
    if (pool.idle.empty()) return;
    const WorkerPtr worker = std::move(pool.idle.back());
    pool.idle.pop_back();
    {
        const std::lock_guard<std::mutex> lock(worker->mutex);
        worker->task_posted.store(true, std::memory_order_release);
        wake_loop(*worker);
    }
    worker->wake.notify_all();
}

void forget_idle(TaskPool &pool, const Worker &worker) noexcept {
    const auto is_it = [&](const WorkerPtr &idle) { return idle.get() == &worker; };
    pool.idle.erase(std::remove_if(pool.idle.begin(), pool.idle.end(), is_it), pool.idle.end());
}

void stop_expecting(TaskPool &pool, Worker &worker) noexcept {
    if (std::exchange(worker.joins_pool, false)) --pool.starting;
    if (std::exchange(worker.looks_for_task, false)) pool.looking.fetch_sub(1, std::memory_order_relaxed);
}

// The worker takes none now: a task that it was woken for goes to another.
void pass_on(TaskPool &pool, Worker &worker) noexcept {
    forget_idle(pool, worker);
    if (pool.queued.load(std::memory_order_relaxed) > 0) wake_one(pool);
}

void count_as_idle(TaskPool &pool, Worker &worker) noexcept {
    const WorkerPtr self = worker.shared_from_this();
    if (std::find(pool.idle.begin(), pool.idle.end(), self) == pool.idle.end()) pool.idle.push_back(self);
}

RequestPtr pop(TaskPool &pool) noexcept {
    while (!pool.tasks.empty()) {
        RequestPtr task = std::move(pool.tasks.front());
        pool.tasks.pop_front();
        if (task->task_state != TaskState::queued) continue;
        pool.queued.fetch_sub(1, std::memory_order_relaxed);
        return task;
    }
    return nullptr;
}

}  // namespace

TaskPool::TaskPool() : process(subinterp::process().number) {}

Status post_task(TaskPool &pool, const RequestPtr &task) noexcept try {
    if (!is_of_this_process(pool)) return Status::closed;
    const std::lock_guard<std::mutex> lock(pool.mutex);
    pool.tasks.push_back(task);
    pool.queued.fetch_add(1, std::memory_order_release);
    wake_one(pool);
    return Status::ok;
} catch (const std::bad_alloc &) {
    return Status::no_memory;
}

bool withdraw_task(TaskPool &pool, Request &task) noexcept {
    if (!is_of_this_process(pool)) return false;
    const std::lock_guard<std::mutex> lock(pool.mutex);
    if (task.task_state != TaskState::queued) return false;
    task.task_state = TaskState::withdrawn;
    pool.queued.fetch_sub(1, std::memory_order_relaxed);
    task.message = Message{};  // releases the shared objects in it
    return true;
}

WorkerPtr taker_of(TaskPool &pool, const Request &task) noexcept {
    if (!is_of_this_process(pool)) return nullptr;
    const std::lock_guard<std::mutex> lock(pool.mutex);
    return task.taken_by;
}

bool is_finished(TaskPool &pool, const Request &task) noexcept {
    if (!task.done.load(std::memory_order_acquire)) return false;
    return !is_of_this_process(pool) || wait_task_shown(task, kImmediately) == Status::ok;
}

bool finishes_soon(TaskPool &pool, const Request &task) noexcept {
    spin_until([&] { return task.done.load(std::memory_order_acquire); });
    return is_finished(pool, task);
}

Status wait_task_shown(const Request &task, Deadline deadline) noexcept {
    return task.taken_by && task.printed ? wait_dispatched(*task.taken_by, task, deadline) : Status::ok;
}

std::uint64_t add_function(TaskPool &pool, Message function) {
    const auto kept = std::make_shared<const Message>(std::move(function));
    if (!is_of_this_process(pool)) return 0;
    const std::lock_guard<std::mutex> lock(pool.mutex);
    pool.functions.emplace(pool.last_function + 1, kept);
    return ++pool.last_function;
}

void drop_function(TaskPool &pool, std::uint64_t id) noexcept {
    if (!is_of_this_process(pool)) return;
    std::shared_ptr<const Message> dropped;  // freed after the mutex is unlocked
    const std::lock_guard<std::mutex> lock(pool.mutex);
    const auto found = pool.functions.find(id);
    if (found == pool.functions.end()) return;
    dropped = std::move(found->second);
    pool.functions.erase(found);
}

std::shared_ptr<const Message> find_function(TaskPool &pool, std::uint64_t id) noexcept {
    const std::lock_guard<std::mutex> lock(pool.mutex);
    const auto found = pool.functions.find(id);
    return found == pool.functions.end() ? nullptr : found->second;
}

bool needs_worker(TaskPool &pool) noexcept {
    if (!is_of_this_process(pool)) return false;
    const std::lock_guard<std::mutex> lock(pool.mutex);
    const std::size_t free = pool.idle.size() + pool.starting + pool.looking.load(std::memory_order_relaxed);
    return pool.queued.load(std::memory_order_relaxed) > free;
}

Status join_pool(Worker &worker, const TaskPoolPtr &pool) {
    if (!is_of_this_process(*pool) || !belongs_to_this_process(worker)) return Status::closed;
    const std::lock_guard<std::mutex> pool_lock(pool->mutex);
    pool->idle.reserve(pool->idle.capacity() + 1);  // so that a worker's thread never allocates there
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (worker.closing || !is_live(worker.state)) return Status::closed;
        worker.pool = pool;
        worker.joins_pool = true;
        worker.takes_from.store(pool.get(), std::memory_order_release);
        worker.task_posted.store(true, std::memory_order_release);  // it asks for a task
        wake_loop(worker);
    }
    ++pool->starting;
    worker.wake.notify_all();
    return Status::ok;
}

Taken take_task(TaskPool &pool, Worker &worker, RequestPtr &task) noexcept {
    const std::lock_guard<std::mutex> pool_lock(pool.mutex);
    std::unique_lock<std::mutex> lock(worker.mutex);
    worker.task_posted.store(false, std::memory_order_relaxed);
    stop_expecting(pool, worker);
    if (worker.closing || !worker.requests.empty()) {
        lock.unlock();  // another worker's mutex is locked next
        pass_on(pool, worker);
        return Taken::own_request;
    }
    task = pop(pool);
    if (!task) {
        count_as_idle(pool, worker);
        return Taken::none;
    }
    forget_idle(pool, worker);
    task->task_state = TaskState::taken;
    task->taken_by = worker.shared_from_this();
    make_current(worker, task);
    return Taken::task;
}

bool wait_in_loop(TaskPool &pool, Worker &worker) noexcept {
    const std::lock_guard<std::mutex> pool_lock(pool.mutex);
    const std::lock_guard<std::mutex> lock(worker.mutex);
    stop_expecting(pool, worker);
    if (worker.closing || pool.queued.load(std::memory_order_relaxed) > 0) return false;
    count_as_idle(pool, worker);
    return true;
}

bool leave_pool(Worker &worker) noexcept {
    TaskPool *const pool = worker.takes_from.exchange(nullptr, std::memory_order_acq_rel);
    if (!pool || !is_of_this_process(*pool)) return false;
    const std::lock_guard<std::mutex> pool_lock(pool->mutex);
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        stop_expecting(*pool, worker);
        worker.task_posted.store(false, std::memory_order_release);
    }
    pass_on(*pool, worker);
    return true;
}

void worker_ends(Worker &worker) noexcept {
    if (leave_pool(worker)) announce_finished(*worker.pool, 0);
}

void look_for_task(TaskPool &pool, Worker &worker) noexcept {
    if (!worker.takes_from.load(std::memory_order_acquire)) return;
    if (!std::exchange(worker.looks_for_task, true)) pool.looking.fetch_add(1, std::memory_order_relaxed);
}

void announce_finished(TaskPool &pool, std::uint64_t task) noexcept {
    {
        const std::lock_guard<std::mutex> lock(pool.finished_mutex);
        try {
            pool.finished.push_back(task);
        } catch (const std::bad_alloc &) {
            return;  // the reply is there, but nobody is told
        }
        if (pool.finished.size() > 1) return;  // the reader was notified for the first
    }
    pool.finished_changed.notify_one();
}

Status wait_finished(TaskPool &pool, Deadline deadline, std::deque<std::uint64_t> &ids) noexcept {
    if (!is_of_this_process(pool)) return Status::closed;
    std::unique_lock<std::mutex> lock(pool.finished_mutex);
    const bool some =
        wait_for(pool.finished_changed, lock, deadline, [&] { return pool.reader_nudged || !pool.finished.empty(); });
    pool.reader_nudged = false;
    ids.swap(pool.finished);
    return some ? Status::ok : Status::timeout;
}

void nudge_reader(TaskPool &pool) noexcept {
    if (!is_of_this_process(pool)) return;
    {
        const std::lock_guard<std::mutex> lock(pool.finished_mutex);
        pool.reader_nudged = true;
    }
    pool.finished_changed.notify_one();
}

}  // namespace subinterp
