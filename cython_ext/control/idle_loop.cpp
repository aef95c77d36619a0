// A worker's thread between requests, in the asyncio loop of its cells: how a request wakes it, and when it can be
// interrupted.
#include <utility>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

#include "control/task_pool.hpp"
#include "control/worker_table.hpp"

namespace subinterp {

namespace {

// Closing an interpreter interrupts what runs: that is not meant for tasks that are being cancelled.
constexpr double kCancellationSeconds = 0.3;

// The caller holds the mutex.
bool make_uninterruptible(Worker &worker) {
    worker.tasks_run = false;
    worker.interrupt_pending = false;
    return std::exchange(worker.async_exception_sent, false);
}

}  // namespace

bool enter_loop(Worker &worker, int wakeup_fd) noexcept {
    spin_until([&] { return has_requests(worker); });
    TaskPool *const pool = worker.takes_from.load(std::memory_order_acquire);
    if (pool && !wait_in_loop(*pool, worker)) return false;
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (worker.closing || has_requests(worker)) return false;
    worker.wakeup_fd = wakeup_fd;
    return true;
}

bool leave_loop(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.wakeup_fd = -1;
    return make_uninterruptible(worker);
}

bool let_tasks_run(Worker &worker, bool run) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const bool sent = make_uninterruptible(worker);
    worker.tasks_run = run;
    return sent;
}

void start_cancelling_tasks(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    make_uninterruptible(worker);
    worker.ignore_interrupts_until = deadline_after(kCancellationSeconds);
}

void wake_loop(Worker &worker) noexcept {
    // A full socket needs no further byte, and nothing listens to a broken one.
    if (worker.wakeup_fd >= 0) static_cast<void>(send(worker.wakeup_fd, "", 1, 0));
}

}  // namespace subinterp
