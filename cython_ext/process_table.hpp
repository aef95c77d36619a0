// The state of the whole process, in one place, so that a forked child can start afresh with one assignment.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "worker.hpp"

namespace subinterp {

struct Process {
    std::mutex mutex;
    std::map<std::uint64_t, WorkerPtr> workers;
    std::uint64_t last_handle = 0;

    std::mutex reader_mutex;
    std::condition_variable reader_wake;
    std::deque<WorkerPtr> ready;  // workers with events to read
    std::atomic<bool> reader_stopped{false};
};

Process &process();

// The end of a wait: never, for a negative number of seconds.
std::chrono::steady_clock::time_point deadline(Seconds timeout);

// Waits until the predicate holds; false when the time is over.
template <typename Predicate>
bool wait_for(std::condition_variable &condition, std::unique_lock<std::mutex> &lock, Seconds timeout,
              Predicate predicate) {
    if (timeout < 0) {
        condition.wait(lock, predicate);
        return true;
    }
    return condition.wait_until(lock, deadline(timeout), predicate);
}

}  // namespace subinterp
