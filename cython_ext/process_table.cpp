#include "process_table.hpp"

#include <algorithm>
#include <iterator>

namespace subinterp {

namespace {

constexpr double kLongestWait = 3.0e8;  // ten years: what a clock's representation can surely add

// On the heap and never destroyed: worker threads may outlive static destructors, and a forked child must be able to
// walk away from mutexes that were locked, and conditions that were waited for, by threads it does not have.
Process *current_process = new Process;

}  // namespace

Process &process() { return *current_process; }

std::chrono::steady_clock::time_point deadline(Seconds timeout) {
    const std::chrono::duration<double> wait(std::clamp(timeout, 0.0, kLongestWait));
    return std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(wait);
}

bool is_live(State state) {
    return state == State::starting || state == State::idle || state == State::running || state == State::closing;
}

WorkerPtr find_by_handle(std::uint64_t handle) {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const auto found = all.workers.find(handle);
    return found == all.workers.end() ? nullptr : found->second;
}

std::vector<WorkerPtr> live_workers() {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::vector<WorkerPtr> rows;
    for (const auto &entry : all.workers) {
        const std::lock_guard<std::mutex> inner(entry.second->mutex);
        if (is_live(entry.second->state)) rows.push_back(entry.second);
    }
    return rows;
}

std::vector<WorkerPtr> abandoned_workers() {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::vector<WorkerPtr> rows;
    for (const auto &entry : all.workers) {
        const std::lock_guard<std::mutex> inner(entry.second->mutex);
        if (entry.second->state == State::abandoned) rows.push_back(entry.second);
    }
    return rows;
}

// The caller holds the table's mutex.
static WorkerPtr holder_of_name(Process &all, const std::string &name) {
    for (const auto &entry : all.workers) {
        const std::lock_guard<std::mutex> inner(entry.second->mutex);
        if (is_live(entry.second->state) && entry.second->name == name) return entry.second;
    }
    return nullptr;
}

WorkerPtr find_by_name(const std::string &name) {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    return holder_of_name(all, name);
}

static bool is_over(const WorkerPtr &worker) {
    const std::lock_guard<std::mutex> lock(worker->mutex);
    return worker->state == State::closed || worker->state == State::failed;
}

Status table_add(const WorkerPtr &worker) {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (!worker->name.empty() && holder_of_name(all, worker->name)) return kNameTaken;
    // What has ended is kept by those who still hold a handle, not by the table.
    for (auto entry = all.workers.begin(); entry != all.workers.end();) {
        entry = is_over(entry->second) ? all.workers.erase(entry) : std::next(entry);
    }
    worker->handle = ++all.last_handle;
    all.workers.emplace(worker->handle, worker);
    return kOk;
}

Status table_rename(const WorkerPtr &worker, const std::string &name) {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const WorkerPtr holder = holder_of_name(all, name);
    if (holder == worker) return kOk;
    if (holder) return kNameTaken;
    const std::lock_guard<std::mutex> inner(worker->mutex);
    worker->name = name;
    return kOk;
}

void set_state(Worker &worker, State state) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.state = state;
    }
    worker.changed.notify_all();
}

Snapshot snapshot(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return {worker.name, worker.state, worker.interpreter_id, worker.cells, worker.failure};
}

Status wait_until_up(Worker &worker, Seconds timeout) {
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool up = wait_for(worker.changed, lock, timeout, [&] { return worker.state != State::starting; });
    return up ? kOk : kTimeout;
}

Status wait_until_down(Worker &worker, Seconds timeout) {
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool down = wait_for(worker.changed, lock, timeout, [&] { return !is_live(worker.state); });
    return down ? kOk : kTimeout;
}

bool belongs_to_this_process(const Worker &worker) { return find_by_handle(worker.handle).get() == &worker; }

void table_before_fork() {
    process().mutex.lock();
    process().reader_mutex.lock();
}

void table_after_fork_in_parent() {
    process().reader_mutex.unlock();
    process().mutex.unlock();
}

void table_after_fork_in_child() {
    const std::uint64_t last_handle = current_process->last_handle;
    current_process = new Process;
    current_process->last_handle = last_handle;  // a parent's handle must never mean a worker of the child
}

}  // namespace subinterp
