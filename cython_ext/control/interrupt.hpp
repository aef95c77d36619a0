// Interrupts: KeyboardInterrupt in what a worker runs, and SystemExit in the threads that user code has started.
#pragma once

#include "control/worker.hpp"

namespace subinterp {

// Schedules a call in the worker's interpreter, on the first of its threads that executes bytecode. It raises a pending
// interrupt, or stops the thread if the process ends. The caller holds the mutex. Needs no thread state and no GIL.
Status schedule_pending_call(Worker &worker) noexcept;

// Raises KeyboardInterrupt once in the current request, if `only` is null or is that request. Never blocks; needs no
// thread state and no GIL.
Status interrupt(Worker &worker, const Request *only) noexcept;

// For how many seconds an interrupt has waited for the code that runs to see it; 0 if none waits.
double interrupt_age(Worker &worker) noexcept;

// Withdraws a request that is queued (Status::cancelled), or interrupts it if it runs (Status::ok); Status::not_running
// if it is done.
Status stop_request(Worker &worker, Request &request) noexcept;

// Drops an exception that was sent to this thread and has not been raised. On the worker's thread, attached.
void drop_asynchronous_exception(Worker &worker) noexcept;

// Raises SystemExit in all other threads of this interpreter, including those that `threading` does not know. Attached.
void raise_system_exit_in_other_threads();

}  // namespace subinterp
