// A worker's thread between requests, in the asyncio loop of its cells: how it is woken, and when it can be
// interrupted.
#include <utility>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

#include "process_table.hpp"

namespace subinterp {

namespace {

constexpr Seconds kPeace = 0.3;  // what closes an interpreter interrupts it at once: that is not meant for these

bool close_window(Worker &worker) {
    worker.tasks_run = false;
    worker.interrupt_pending = false;
    return std::exchange(worker.async_exception_sent, false);
}

}  // namespace

bool is_asked(Worker &worker) { return worker.asked.load(std::memory_order_acquire); }

bool enter_loop(Worker &worker, int bell) {
    spin_until_asked(worker);
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (worker.closing || !worker.requests.empty()) return false;
    worker.bell = bell;
    return true;
}

bool leave_loop(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.bell = -1;
    return close_window(worker);
}

bool let_tasks_run(Worker &worker, bool run) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const bool sent = close_window(worker);
    worker.tasks_run = run;
    return sent;
}

void begin_end_of_tasks(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    close_window(worker);
    worker.undisturbed_until = deadline(kPeace);
}

void ring(Worker &worker) {
    // A full socket needs no further byte, and a broken one has no listener.
    if (worker.bell >= 0) static_cast<void>(send(worker.bell, "", 1, 0));
}

}  // namespace subinterp
