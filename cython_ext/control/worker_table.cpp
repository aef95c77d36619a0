#include "control/worker_table.hpp"

#include <iterator>

namespace subinterp {

namespace {

// On the heap and never destroyed: worker threads may outlive static destructors, and a forked child must leave mutexes
// and condition variables behind that threads of its parent used.
Process *current_process = new Process;

std::vector<WorkerPtr> workers_if(bool (*wanted)(const Worker &)) {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::vector<WorkerPtr> rows;
    rows.reserve(all.workers.size());
    for (const auto &entry : all.workers) {
        const std::lock_guard<std::mutex> inner(entry.second->mutex);
        if (wanted(*entry.second)) rows.push_back(entry.second);
    }
    return rows;
}

bool in_use(const Worker &worker) { return is_live(worker.state) && !worker.left_behind; }

bool was_abandoned(const Worker &worker) {
    return worker.state == State::abandoned || (is_live(worker.state) && worker.left_behind);
}

// The caller holds the table's mutex.
WorkerPtr holder_of_name(Process &all, const std::string &name) {
    for (const auto &entry : all.workers) {
        const std::lock_guard<std::mutex> inner(entry.second->mutex);
        if (in_use(*entry.second) && entry.second->name == name) return entry.second;
    }
    return nullptr;
}

bool has_ended(const WorkerPtr &worker) {
    const std::lock_guard<std::mutex> lock(worker->mutex);
    return worker->state == State::closed || worker->state == State::failed;
}

}  // namespace

Process &process() noexcept { return *current_process; }

bool is_live(State state) noexcept {
    return state == State::starting || state == State::idle || state == State::running || state == State::closing;
}

WorkerPtr find_by_handle(std::uint64_t handle) noexcept {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const auto found = all.workers.find(handle);
    return found == all.workers.end() ? nullptr : found->second;
}

std::vector<WorkerPtr> live_workers() { return workers_if(in_use); }

std::vector<WorkerPtr> abandoned_workers() { return workers_if(was_abandoned); }

WorkerPtr find_by_name(const std::string &name) noexcept {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    return holder_of_name(all, name);
}

Status table_add(const WorkerPtr &worker) {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (!worker->name.empty() && holder_of_name(all, worker->name)) return Status::name_taken;
    // Workers that have ended are kept by their handles, not by the table.
    for (auto entry = all.workers.begin(); entry != all.workers.end();) {
        entry = has_ended(entry->second) ? all.workers.erase(entry) : std::next(entry);
    }
    all.workers.emplace(all.last_handle + 1, worker);
    worker->handle = ++all.last_handle;
    worker->process = all.number;
    return Status::ok;
}

Status table_rename(const WorkerPtr &worker, const std::string &name) {
    if (!belongs_to_this_process(*worker)) return Status::closed;
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const WorkerPtr holder = holder_of_name(all, name);
    if (holder == worker) return Status::ok;
    if (holder) return Status::name_taken;
    const std::lock_guard<std::mutex> inner(worker->mutex);
    worker->name = name;
    return Status::ok;
}

void set_state(Worker &worker, State state) noexcept {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.state = state;
    }
    worker.changed.notify_all();
}

Snapshot snapshot(Worker &worker) {
    if (!belongs_to_this_process(worker)) {
        // No thread changes it any more, and its mutex may be locked for ever.
        return {worker.name, State::closed, worker.interpreter_id, worker.cells, worker.failure};
    }
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const State state = was_abandoned(worker) ? State::abandoned : worker.state;
    return {worker.name, state, worker.interpreter_id, worker.cells, worker.failure};
}

Status wait_until_up(Worker &worker, Deadline deadline) noexcept {
    if (!belongs_to_this_process(worker)) return Status::ok;
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool up = wait_for(worker.changed, lock, deadline, [&] { return worker.state != State::starting; });
    return up ? Status::ok : Status::timeout;
}

Status wait_until_down(Worker &worker, Deadline deadline) noexcept {
    if (!belongs_to_this_process(worker)) return Status::ok;
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool down = wait_for(worker.changed, lock, deadline, [&] { return !in_use(worker); });
    return down ? Status::ok : Status::timeout;
}

bool belongs_to_this_process(const Worker &worker) noexcept { return worker.process == process().number; }

void table_before_fork() noexcept {
    process().mutex.lock();
    process().reader_mutex.lock();
}

void table_after_fork_in_parent() noexcept {
    process().reader_mutex.unlock();
    process().mutex.unlock();
}

void table_after_fork_in_child() noexcept {
    const Process &parent = *current_process;
    auto *const child = new Process;
    child->last_handle = parent.last_handle;  // a handle of the parent must not mean a worker of the child
    child->number = parent.number + 1;
    current_process = child;
}

}  // namespace subinterp
