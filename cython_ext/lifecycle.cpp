#include "lifecycle.hpp"

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "platform_thread.hpp"
#include "process_table.hpp"
#include "runtime_list.hpp"

// Exported by CPython 3.13 to 3.15 ("Export for '_testinternalcapi'"), declared in an internal header only. It
// schedules a callback on an interpreter from any thread, with neither a thread state nor a GIL.
extern "C" PyAPI_FUNC(int) _PyEval_AddPendingCall(PyInterpreterState *, int (*)(void *), void *, int);

namespace subinterp {

namespace {

constexpr std::size_t kStackBytes = 16 << 20;  // the size that Python's recursion limit is tuned for

constexpr Seconds kDyingThreads = 0.3;  // how long a thread may take from its last bytecode to its end

std::atomic<bool> burying{false};

PyInterpreterConfig configuration(bool own_gil) {
    PyInterpreterConfig config{};
    config.allow_fork = 0;  // a fork from here would abort the child
    config.allow_exec = 1;
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

// Runs the interpreter's whole life. Returns false, with the reason in `failure`, when it could not begin.
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
    if (!call_entry(module, "farewell")) PyErr_Clear();
    Py_DECREF(module);
    return true;
}

int count_thread_states(PyInterpreterState *interpreter) {
    int count = 0;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(interpreter); state; state = PyThreadState_Next(state))
        ++count;
    return count;
}

// Stops this thread for good, without the GIL.
[[noreturn]] void park(Worker &worker) {
    PyEval_SaveThread();
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.parked = true;
    }
    worker.changed.notify_all();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

// A thread that was joined has yet to delete its thread state, and needs this interpreter's GIL for that.
bool wait_for_other_threads(PyInterpreterState *interpreter, Seconds patience) {
    const auto until = deadline(patience);
    while (count_thread_states(interpreter) > 1) {
        if (std::chrono::steady_clock::now() >= until) return false;
        Py_BEGIN_ALLOW_THREADS;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        Py_END_ALLOW_THREADS;
    }
    return true;
}

// Ends the interpreter if this is its only thread state. Py_EndInterpreter with others left aborts the process on 3.13
// and hangs from 3.14 on.
State end_or_abandon(Worker &worker, PyThreadState *thread_state) {
    if (!wait_for_other_threads(PyThreadState_GetInterpreter(thread_state), kDyingThreads)) {
        PyEval_SaveThread();
        return State::abandoned;
    }
    {
        std::unique_lock<std::mutex> lock(worker.mutex);
        if (burying) {
            // The runtime is being finalized; its list of interpreters is not for this thread any more.
            lock.unlock();
            park(worker);
        }
        worker.interpreter = nullptr;  // from here on no interrupt finds it
    }
    Py_EndInterpreter(thread_state);
    return State::closed;
}

void publish_birth(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.interpreter = PyInterpreterState_Get();
    worker.interpreter_id = PyInterpreterState_GetID(worker.interpreter);
    worker.thread_ident = PyThread_get_thread_ident();
}

void publish_death(Worker &worker, State state, const std::string &failure) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.failure = failure;
    }
    set_state(worker, state);
    refuse_further_requests(worker);
}

void thread_main(void *raw) {
    const WorkerPtr worker = *static_cast<WorkerPtr *>(raw);
    delete static_cast<WorkerPtr *>(raw);
    set_current_worker(worker.get());

    const PyInterpreterConfig config = configuration(worker->own_gil);
    PyThreadState *thread_state = nullptr;
    const PyStatus status = Py_NewInterpreterFromConfig(&thread_state, &config);
    if (PyStatus_Exception(status) || !thread_state) {
        publish_death(*worker, State::failed,
                      status.err_msg ? status.err_msg : "CPython refused to make an interpreter");
        return;
    }
    publish_birth(*worker);
    std::string failure;
    const bool began = live(*worker, failure);
    const State outcome = end_or_abandon(*worker, thread_state);
    shared_interpreter_ended(worker->interpreter_id);
    publish_death(*worker, began ? outcome : State::failed, failure);
}

// Runs in the target interpreter, on whichever of its threads reaches a safe point first.
int on_pending_call(void *argument) {
    const WorkerPtr worker = find_by_handle(reinterpret_cast<std::uintptr_t>(argument));
    if (!worker) return 0;
    if (burying) park(*worker);
    if (!consume_interrupt(*worker)) return 0;
    if (current_worker() == worker.get()) {
        PyErr_SetNone(PyExc_KeyboardInterrupt);
        return -1;
    }
    {
        const std::lock_guard<std::mutex> lock(worker->mutex);
        worker->async_exception_sent = true;
    }
    PyThreadState_SetAsyncExc(worker->thread_ident, PyExc_KeyboardInterrupt);
    return 0;
}

// The caller holds the worker's mutex.
Status schedule_pending_call(Worker &worker) {
    void *const argument = reinterpret_cast<void *>(static_cast<std::uintptr_t>(worker.handle));
    return _PyEval_AddPendingCall(worker.interpreter, on_pending_call, argument, 0) == 0 ? kOk : kRefused;
}

}  // namespace

Status spawn(const WorkerPtr &worker) {
    const Status added = table_add(worker);
    if (added != kOk) return added;
    auto *const handed_over = new WorkerPtr(worker);
    if (start_thread(thread_main, handed_over, kStackBytes)) return kOk;
    delete handed_over;
    publish_death(*worker, State::failed, "the system refused another thread");
    return kNoThread;
}

Status interrupt(Worker &worker, const Request *only) {
    if (!belongs_to_this_process(worker)) return kClosed;
    Status status = kOk;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (only && worker.current.get() != only) return kNotRunning;
        const bool waits = !worker.current && !worker.requests.empty();
        // Whoever asked for this waits for a request that has not begun: let it end then, and what delays it now.
        if (waits) worker.requests.front()->interrupted = true;
        if (!worker.interpreter || !(worker.current || worker.tasks_run)) return waits ? kOk : kNotRunning;
        if (worker.interrupts_held) {
            worker.interrupt_held = true;
            return kOk;
        }
        if (!worker.current && std::chrono::steady_clock::now() < worker.undisturbed_until) return kOk;
        if (worker.interrupt_pending) return kOk;  // one is on its way; a second would land outside the request
        worker.interrupt_pending = true;
        status = schedule_pending_call(worker);
    }
    worker.wake.notify_all();
    return status;
}

void drop_asynchronous_exception(Worker &worker) { PyThreadState_SetAsyncExc(worker.thread_ident, nullptr); }

void raise_system_exit_in_other_threads() {
    std::vector<unsigned long> idents;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); state;
         state = PyThreadState_Next(state)) {
        if (state != PyThreadState_Get()) idents.push_back(state->thread_id);
    }
    for (const unsigned long ident : idents) PyThreadState_SetAsyncExc(ident, PyExc_SystemExit);
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

bool bury_abandoned(Seconds patience) {
    burying = true;
    auto left = live_workers();
    const auto abandoned = abandoned_workers();
    left.insert(left.end(), abandoned.begin(), abandoned.end());
    const auto until = deadline(patience);
    for (const WorkerPtr &worker : left) {
        std::unique_lock<std::mutex> lock(worker->mutex);
        // Without an interpreter it is in the middle of Py_EndInterpreter, and will be through soon.
        if (worker->interpreter) schedule_pending_call(*worker);
        ring(*worker);
        worker->wake.notify_all();
        worker->changed.wait_until(lock, until,
                                   [&] { return worker->parked || (!worker->interpreter && !is_live(worker->state)); });
    }
    return runtime_list_keep_main_only();
}

}  // namespace subinterp
