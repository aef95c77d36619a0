// The mailbox of events of a worker, and the one reader of all of them. Bounded in bytes, blocking on conditions.
#include <utility>

#include "message_kind.hpp"
#include "process_table.hpp"

namespace subinterp {

namespace {

constexpr std::size_t kCoalesceBytes = 64 << 10;  // neighbouring stream texts grow together up to this size

thread_local bool reads_events = false;

bool grows_last_event(const Worker &worker, std::uint64_t request, int kind, std::size_t size) {
    if (kind != kEventStdout && kind != kEventStderr) return false;
    if (worker.events.empty()) return false;
    const Event &last = worker.events.back();
    return last.kind == kind && last.request == request && last.payload.size() + size <= kCoalesceBytes;
}

// The caller holds the worker's mutex.
void hand_to_reader(Worker &worker) {
    if (worker.queued_for_reader) return;
    worker.queued_for_reader = true;
    Process &all = process();
    {
        const std::lock_guard<std::mutex> lock(all.reader_mutex);
        all.ready.push_back(worker.shared_from_this());
    }
    all.reader_wake.notify_one();
}

}  // namespace

void append_event(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size) {
    worker.event_bytes += size;
    if (grows_last_event(worker, request, kind, size)) {
        worker.events.back().payload.append(data, size);
    } else {
        worker.events.push_back({request, kind, std::string(data, size)});
        ++worker.events_emitted;
    }
    hand_to_reader(worker);
}

Status emit(Worker &worker, std::uint64_t request, int kind, const char *data, std::size_t size, bool interruptible) {
    std::unique_lock<std::mutex> lock(worker.mutex);
    worker.wake.wait(lock, [&] {
        return worker.event_bytes == 0 || worker.event_bytes + size <= kMailboxBytes || process().reader_stopped ||
               (interruptible && worker.interrupt_pending);
    });
    if (process().reader_stopped) return kClosed;
    if (interruptible && worker.interrupt_pending) {
        worker.interrupt_pending = false;
        return kInterrupted;
    }
    if (!request) request = worker.current ? worker.current->id : worker.last_request;
    append_event(worker, request, kind, data, size);
    return kOk;
}

Status take_events(Seconds timeout, WorkerPtr &worker, std::deque<Event> &events, std::uint64_t &last) {
    reads_events = true;
    Process &all = process();
    {
        std::unique_lock<std::mutex> lock(all.reader_mutex);
        const bool some =
            wait_for(all.reader_wake, lock, timeout, [&] { return all.reader_stopped || !all.ready.empty(); });
        if (!some) return kTimeout;
        if (all.ready.empty()) return kClosed;
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
    return kOk;
}

void mark_dispatched(Worker &worker, std::uint64_t last) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.events_dispatched = last;
    }
    worker.dispatched.notify_all();
}

Status wait_dispatched(Worker &worker, const Request &request, Seconds timeout) {
    if (reads_events) return kOk;
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool shown = wait_for(worker.dispatched, lock, timeout, [&] {
        return worker.events_dispatched >= request.events_before_reply || process().reader_stopped;
    });
    return shown ? kOk : kTimeout;
}

void stop_reader() {
    Process &all = process();
    {
        const std::lock_guard<std::mutex> lock(all.reader_mutex);
        all.reader_stopped = true;
    }
    all.reader_wake.notify_all();
    for (const WorkerPtr &worker : live_workers()) {
        // Under the mutex, lest one who has just looked at the flag goes to sleep after the call.
        const std::lock_guard<std::mutex> lock(worker->mutex);
        worker->wake.notify_all();
        worker->dispatched.notify_all();
    }
}

void start_reader() {
    Process &all = process();
    const std::lock_guard<std::mutex> lock(all.reader_mutex);
    all.reader_stopped = false;
}

}  // namespace subinterp
