// The state of the whole process, in one place, so that a forked child can start with a new one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "control/worker.hpp"

namespace subinterp {

struct Process {
    std::mutex mutex;
    std::map<std::uint64_t, WorkerPtr> workers;
    std::uint64_t last_handle = 0;
    std::uint32_t number = 0;  // how often the process was forked

    std::mutex reader_mutex;
    std::condition_variable reader_wake;
    std::deque<WorkerPtr> ready;  // workers with events to read
    std::atomic<bool> reader_stopped{false};
};

Process &process() noexcept;

// Waits until the predicate holds; false if the deadline passes first.
template <typename Predicate>
bool wait_for(std::condition_variable &condition, std::unique_lock<std::mutex> &lock, Deadline deadline,
              Predicate predicate) {
    if (deadline == kNever) {
        condition.wait(lock, predicate);
        return true;
    }
    if (deadline == kImmediately) return predicate();
    return condition.wait_until(lock, deadline, predicate);
}

}  // namespace subinterp
