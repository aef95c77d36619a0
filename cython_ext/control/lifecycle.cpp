#include "control/lifecycle.hpp"

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/interrupt.hpp"
#include "control/message_kind.hpp"
#include "control/platform_thread.hpp"
#include "control/worker_table.hpp"
#include "cpython/arenas.hpp"
#include "cpython/interpreter_list.hpp"
#include "extensions/private_libraries.hpp"

namespace subinterp {

namespace {

constexpr std::size_t kStackBytes = 16 << 20;  // the size that Python's recursion limit is tuned for

constexpr double kThreadExitSeconds = 0.3;  // from the last bytecode of a thread to its end

std::atomic<bool> detaching{false};  // the process ends, and CPython's list of interpreters is about to be cut

PyInterpreterConfig configuration(bool own_gil) {
    PyInterpreterConfig config{};
    config.allow_fork = 0;  // a fork from here would abort the child
    config.allow_exec = 0;  // it would replace the process
    config.allow_threads = 1;
    config.allow_daemon_threads = 0;
    if (own_gil) {
        config.gil = PyInterpreterConfig_OWN_GIL;
        config.use_main_obmalloc = 0;
        config.check_multi_interp_extensions = 1;
    } else {
        config.gil = PyInterpreterConfig_SHARED_GIL;
        config.use_main_obmalloc = 1;
        config.check_multi_interp_extensions = 0;
    }
    return config;
}

std::string take_python_error() {
    PyObject *const error = PyErr_GetRaisedException();
    if (!error) return "an unknown error";
    std::string text = Py_TYPE(error)->tp_name;
    if (PyObject *const message = PyObject_Str(error)) {
        const char *const utf8 = PyUnicode_AsUTF8(message);
        if (utf8) text += std::string(": ") + utf8;
        Py_DECREF(message);
    }
    PyErr_Clear();
    Py_DECREF(error);
    return text;
}

bool set_search_path(const Worker &worker) {
    PyObject *const path = PyList_New(0);
    if (!path) return false;
    bool ok = true;
    for (const std::string &entry : worker.search_path) {
        PyObject *const item = PyUnicode_DecodeFSDefaultAndSize(entry.data(), static_cast<Py_ssize_t>(entry.size()));
        ok = item && PyList_Append(path, item) == 0;
        Py_XDECREF(item);
        if (!ok) break;
    }
    ok = ok && PySys_SetObject("path", path) == 0;
    Py_DECREF(path);
    return ok;
}

bool call_entry(PyObject *module, const char *function) {
    PyObject *const result = PyObject_CallMethod(module, function, nullptr);
    Py_XDECREF(result);
    return result != nullptr;
}

// Replies to a request that the worker took and did not finish, because its loop has failed.
void reply_to_current(Worker &worker) {
    RequestPtr unfinished;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        unfinished = worker.unanswered;
    }
    if (!unfinished) return;
    Message reply;
    reply.kind = kReplyRaised;
    complete(worker, *unfinished, std::move(reply));
    end_request(worker);
}

// Runs the interpreter's whole life. Returns false, with the reason in `failure`, if it could not start.
bool live(Worker &worker, std::string &failure) {
    PyObject *const module = set_search_path(worker) ? PyImport_ImportModule(worker.entry_module.c_str()) : nullptr;
    if (!module) {
        failure = take_python_error();
        return false;
    }
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.state = worker.closing ? State::closing : State::idle;
    }
    worker.changed.notify_all();
    if (!call_entry(module, "serve")) failure = take_python_error();
    refuse_further_requests(worker);
    reply_to_current(worker);
    if (!call_entry(module, "shut_down")) PyErr_Clear();
    Py_DECREF(module);
    return true;
}

int count_thread_states(PyInterpreterState *interpreter) {
    int count = 0;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(interpreter); state; state = PyThreadState_Next(state))
        ++count;
    return count;
}

// A thread that was joined may still have to delete its thread state, and needs this interpreter's GIL for that.
bool wait_for_other_threads(PyInterpreterState *interpreter, Deadline until) {
    while (count_thread_states(interpreter) > 1) {
        if (has_passed(until)) return false;
        Py_BEGIN_ALLOW_THREADS;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        Py_END_ALLOW_THREADS;
    }
    return true;
}

// Ends the interpreter if this is its only thread state. With others, Py_EndInterpreter aborts the process on 3.13 and
// hangs from 3.14 on.
State end_or_abandon(Worker &worker, PyThreadState *thread_state) {
    Py_BEGIN_ALLOW_THREADS;
    close_private_libraries(worker.interpreter_id, kThreadExitSeconds);
    Py_END_ALLOW_THREADS;
    if (!wait_for_other_threads(PyThreadState_GetInterpreter(thread_state), deadline_after(kThreadExitSeconds))) {
        PyEval_SaveThread();
        return State::abandoned;
    }
    {
        std::unique_lock<std::mutex> lock(worker.mutex);
        if (detaching) {
            // CPython's list of interpreters is being cut: this one must not be removed from it any more.
            lock.unlock();
            stop_thread(worker);
        }
        worker.interpreter = nullptr;  // no interrupt is delivered from now on
    }
    Py_EndInterpreter(thread_state);
    if (worker.own_gil) arenas_release(worker.interpreter_id);
    release_private_libraries(worker.interpreter_id);
    return State::closed;
}

void publish_start(Worker &worker) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.interpreter = PyInterpreterState_Get();
        worker.thread_state = PyThreadState_Get();
        worker.interpreter_id = PyInterpreterState_GetID(worker.interpreter);
        worker.thread_ident = PyThread_get_thread_ident();
    }
    worker.changed.notify_all();
}

void publish_end(Worker &worker, State state, const std::string &failure) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.failure = failure;
    }
    set_state(worker, state);
    refuse_further_requests(worker);
}

// Started before detach_interpreters() was called, or not at all.
bool may_start(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return !detaching && !worker.closing;
}

void thread_main(void *raw) {
    const WorkerPtr worker = *static_cast<WorkerPtr *>(raw);
    delete static_cast<WorkerPtr *>(raw);
    set_current_worker(worker.get());

    if (!may_start(*worker)) {
        publish_end(*worker, State::failed, "it was closed before it had started");
        return;
    }
    const PyInterpreterConfig config = configuration(worker->own_gil);
    PyThreadState *thread_state = nullptr;
    const PyStatus status = Py_NewInterpreterFromConfig(&thread_state, &config);
    if (PyStatus_Exception(status) || !thread_state) {
        publish_end(*worker, State::failed, status.err_msg ? status.err_msg : "CPython refused to make an interpreter");
        return;
    }
    publish_start(*worker);
    if (detaching) stop_thread(*worker);
    std::string failure;
    const bool began = live(*worker, failure);
    const State outcome = end_or_abandon(*worker, thread_state);
    shared_interpreter_ended(worker->interpreter_id);
    publish_end(*worker, began ? outcome : State::failed, failure);
}

}  // namespace

bool is_detaching() noexcept { return detaching; }

void stop_thread(Worker &worker) {
    PyEval_SaveThread();
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.stopped = true;
    }
    worker.changed.notify_all();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

Status spawn(const WorkerPtr &worker) noexcept try {
    auto handed_over = std::make_unique<WorkerPtr>(worker);
    const Status added = table_add(worker);
    if (added != Status::ok) return added;
    if (start_thread(thread_main, handed_over.get(), kStackBytes)) {
        handed_over.release();  // the thread deletes it
        return Status::ok;
    }
    publish_end(*worker, State::failed, "the system refused another thread");
    return Status::no_thread;
} catch (const std::bad_alloc &) {
    return Status::no_memory;
}

PyObject *frames_of_this_interpreter() {
    PyObject *const frames = PyDict_New();
    if (!frames) return nullptr;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); state;
         state = PyThreadState_Next(state)) {
        PyObject *const frame = reinterpret_cast<PyObject *>(PyThreadState_GetFrame(state));
        if (!frame) continue;
        PyObject *const ident = PyLong_FromUnsignedLong(state->thread_id);
        const bool failed = !ident || PyDict_SetItem(frames, ident, frame) != 0;
        Py_XDECREF(ident);
        Py_DECREF(frame);
        if (failed) {
            Py_DECREF(frames);
            return nullptr;
        }
    }
    return frames;
}

bool detach_interpreters(Deadline stopped_by, Deadline ended_by) noexcept try {
    detaching = true;
    auto left = live_workers();
    const auto abandoned = abandoned_workers();
    left.insert(left.end(), abandoned.begin(), abandoned.end());
    for (const WorkerPtr &worker : left) {
        const std::lock_guard<std::mutex> lock(worker->mutex);
        if (worker->interpreter) schedule_pending_call(*worker);
        wake_loop(*worker);
        worker->wake.notify_all();
    }
    bool all_outside = true;
    for (const WorkerPtr &worker : left) {
        std::unique_lock<std::mutex> lock(worker->mutex);
        const auto harmless = [&] { return worker->stopped || (!worker->interpreter && !is_live(worker->state)); };
        wait_for(worker->changed, lock, stopped_by, harmless);
        // Without an interpreter, and live, it is inside Py_NewInterpreterFromConfig or Py_EndInterpreter.
        const auto outside = [&] { return harmless() || worker->interpreter; };
        all_outside = wait_for(worker->changed, lock, ended_by, outside) && all_outside;
    }
    return all_outside && interpreter_list_keep_main_only();
} catch (const std::bad_alloc &) {
    return false;
}

}  // namespace subinterp
