#include "control/interrupt.hpp"

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "control/lifecycle.hpp"
#include "control/worker_table.hpp"

// Exported by CPython 3.13 to 3.15 ("Export for '_testinternalcapi'"), declared in an internal header only. It
// schedules a callback on an interpreter from any thread, with neither a thread state nor a GIL.
extern "C" PyAPI_FUNC(int) _PyEval_AddPendingCall(PyInterpreterState *, int (*)(void *), void *, int);

namespace subinterp {

namespace {

// On another thread of the interpreter than the worker's. The GIL is held all the time: the exception is not raised
// before it is certain that no wait of the worker's thread has seen the interrupt.
void raise_in_worker_thread(Worker &worker) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (!worker.interrupt_pending) return;  // so no exception that was sent before is dropped
    }
    PyThreadState_SetAsyncExc(worker.thread_ident, PyExc_KeyboardInterrupt);
    if (!consume_as_async_exception(worker)) drop_asynchronous_exception(worker);
}

// Runs in the target interpreter, on the first of its threads that executes bytecode.
int on_pending_call(void *argument) {
    const WorkerPtr worker = find_by_handle(reinterpret_cast<std::uintptr_t>(argument));
    if (!worker) return 0;
    if (is_detaching()) stop_thread(*worker);
    if (current_worker() != worker.get()) {
        raise_in_worker_thread(*worker);
        return 0;
    }
    if (!consume_interrupt(*worker)) return 0;
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return -1;
}

// Whether an interrupt, or the exception that it has become, waits for the worker's thread to return to Python. The
// caller holds the mutex.
bool is_on_its_way(const Worker &worker) {
    if (worker.interrupt_pending || !worker.async_exception_sent || !worker.interpreter) {
        return worker.interrupt_pending;
    }
    // CPython clears it on the worker's thread, when it raises the exception.
    return *static_cast<PyObject *volatile const *>(&worker.thread_state->async_exc) != nullptr;
}

}  // namespace

Status schedule_pending_call(Worker &worker) noexcept {
    void *const argument = reinterpret_cast<void *>(static_cast<std::uintptr_t>(worker.handle));
    const bool scheduled = _PyEval_AddPendingCall(worker.interpreter, on_pending_call, argument, 0) == 0;
    return scheduled ? Status::ok : Status::refused;
}

Status interrupt(Worker &worker, const Request *only) noexcept {
    if (!belongs_to_this_process(worker)) return Status::closed;
    Status status = Status::ok;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (only && worker.current.get() != only) return Status::not_running;
        const bool queued = !worker.current && !worker.requests.empty();
        // The caller means a request that has not started: it will end when it starts, and what delays it ends now.
        if (queued) worker.requests.front()->interrupted_early = true;
        if (!worker.interpreter || !(worker.current || worker.tasks_run)) {
            return queued ? Status::ok : Status::not_running;
        }
        if (worker.interrupts_held) {
            worker.interrupt_held = true;
            return Status::ok;
        }
        if (!worker.current && !has_passed(worker.ignore_interrupts_until)) return Status::ok;
        if (is_on_its_way(worker)) return Status::ok;  // a second one would be raised outside of the request
        status = schedule_pending_call(worker);
        worker.interrupt_pending = status == Status::ok;
        worker.interrupted_at = Clock::now();
    }
    worker.wake.notify_all();
    return status;
}

double interrupt_age(Worker &worker) noexcept {
    if (!belongs_to_this_process(worker)) return 0;
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (!is_on_its_way(worker)) return 0;
    return std::chrono::duration<double>(Clock::now() - worker.interrupted_at).count();
}

Status stop_request(Worker &worker, Request &request) noexcept {
    if (!withdraw(worker, request)) return interrupt(worker, &request);
    bool delayed_by_tasks = false;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        delayed_by_tasks = !worker.current && worker.tasks_run;
    }
    if (delayed_by_tasks) interrupt(worker, nullptr);
    return Status::cancelled;
}

void drop_asynchronous_exception(Worker &worker) noexcept { PyThreadState_SetAsyncExc(worker.thread_ident, nullptr); }

void raise_system_exit_in_other_threads() {
    std::vector<unsigned long> idents;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); state;
         state = PyThreadState_Next(state)) {
        if (state != PyThreadState_Get()) idents.push_back(state->thread_id);
    }
    for (const unsigned long ident : idents) PyThreadState_SetAsyncExc(ident, PyExc_SystemExit);
}

}  // namespace subinterp
