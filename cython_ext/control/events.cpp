// The queue of events of a worker, and the one reader of all queues. Bounded in bytes, blocking on conditions.
#include <new>
#include <optional>
#include <utility>

#include "control/message_kind.hpp"
#include "control/worker_table.hpp"

namespace subinterp {

namespace {

constexpr std::size_t kMergeBytes = 64 << 10;  // adjacent texts of one stream are merged up to this size

thread_local bool reads_events = false;

bool extends_last_event(const Worker &worker, std::uint64_t request, int kind, std::size_t size) {
    if (kind != kEventStdout && kind != kEventStderr) return false;
    if (worker.events.empty()) return false;
    const Event &last = worker.events.back();
    return last.kind == kind && last.request == request && last.payload.size() + size <= kMergeBytes;
}

// The caller holds the worker's mutex.
void queue_for_reader(Worker &worker) {
    if (worker.queued_for_reader) return;
    Process &all = process();
    {
        const std::lock_guard<std::mutex> lock(all.reader_mutex);
        all.ready.push_back(worker.shared_from_this());
    }
    worker.queued_for_reader = true;
    all.reader_wake.notify_one();
}

}  // namespace

void append_event(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size) {
    queue_for_reader(worker);  // first, because it may throw
    if (extends_last_event(worker, request, kind, size)) {
        worker.events.back().payload.append(data, size);
    } else {
        worker.events.push_back({request, kind, std::string(data, size)});
        ++worker.events_emitted;
    }
    worker.event_bytes += size;
}

Status emit(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size,
            bool interruptible) noexcept try {
    std::unique_lock<std::mutex> lock(worker.mutex);
    std::optional<InterruptibleWait> waiting;
    if (interruptible) waiting.emplace(worker);
    worker.wake.wait(lock, [&] {
        return worker.event_bytes == 0 || worker.event_bytes + size <= kMailboxBytes || process().reader_stopped ||
               (interruptible && worker.interrupt_pending);
    });
    if (process().reader_stopped) return Status::closed;
    if (interruptible && worker.interrupt_pending) {
        worker.interrupt_pending = false;
        return Status::interrupted;
    }
    if (worker.current) worker.current->printed = true;
    if (!request) request = worker.last_request;
    append_event(worker, request, kind, data, size);
    return Status::ok;
} catch (const std::bad_alloc &) {
    return Status::no_memory;
}

Status take_events(Deadline deadline, WorkerPtr &worker, std::deque<Event> &events, std::uint64_t &last) noexcept {
    reads_events = true;
    Process &all = process();
    {
        std::unique_lock<std::mutex> lock(all.reader_mutex);
        const bool some =
            wait_for(all.reader_wake, lock, deadline, [&] { return all.reader_stopped || !all.ready.empty(); });
        if (!some) return Status::timeout;
        if (all.ready.empty()) return Status::closed;
        worker = std::move(all.ready.front());
        all.ready.pop_front();
    }
    {
        const std::lock_guard<std::mutex> lock(worker->mutex);
        events.swap(worker->events);
        worker->event_bytes = 0;
        worker->queued_for_reader = false;
        last = worker->events_emitted;
    }
    worker->wake.notify_all();
    return Status::ok;
}

void mark_dispatched(Worker &worker, std::uint64_t last) noexcept {
    if (!belongs_to_this_process(worker)) return;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.events_dispatched = last;
    }
    worker.dispatched.notify_all();
}

Status wait_dispatched(Worker &worker, const Request &request, Deadline deadline) noexcept {
    if (reads_events || !belongs_to_this_process(worker)) return Status::ok;
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool shown = wait_for(worker.dispatched, lock, deadline, [&] {
        return worker.events_dispatched >= request.events_before_reply || process().reader_stopped;
    });
    return shown ? Status::ok : Status::timeout;
}

void stop_reader() noexcept {
    Process &all = process();
    {
        const std::lock_guard<std::mutex> lock(all.reader_mutex);
        all.reader_stopped = true;
    }
    all.reader_wake.notify_all();
    const std::lock_guard<std::mutex> table_lock(all.mutex);
    for (const auto &entry : all.workers) {
        // With the mutex, so that a thread that has just read the flag is waiting when it is notified.
        const std::lock_guard<std::mutex> lock(entry.second->mutex);
        entry.second->wake.notify_all();
        entry.second->dispatched.notify_all();
    }
}

void start_reader() noexcept {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.reader_mutex);
    all.reader_stopped = false;
}

}  // namespace subinterp
