// Functions that stand in for functions of CPython in the private copies of one interpreter. Like those, this library
// is loaded from a copy in each interpreter, so that its variables belong to that interpreter.
//
// Before 3.15 PyGILState_Ensure() attaches a thread that Python has not started to the main interpreter. Called from a
// private copy, it would use one interpreter's objects with the GIL of another.
#include <Python.h>
#include <pthread.h>
#include <threads.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

// What std::thread calls; the standard library has no declaration that can be redirected.
extern "C" void start_standard_thread(void *thread, void *state, void (*depend)()) __asm__(
    "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE");

namespace {

PyInterpreterState *interpreter = nullptr;
const char *full_module_name = nullptr;  // of the module that is just being initialized

std::mutex mutex;
std::condition_variable changed;
bool closing = false;
int attached = 0;  // threads with a thread state that was made here

struct Attachment {
    PyThreadState *previous;  // of another interpreter, to go back to, or nullptr
    PyThreadState *own;       // nullptr if the thread was attached to this interpreter already
    bool is_new;
};

constexpr int kMaxDepth = 256;
thread_local Attachment attachments[kMaxDepth];
thread_local int depth = 0;

bool is_ours(PyThreadState *state) { return state && PyThreadState_GetInterpreter(state) == interpreter; }

// The thread state that the calling thread has in this interpreter, or nullptr.
PyThreadState *known_thread_state() {
    PyThreadState *const current = PyThreadState_GetUnchecked();
    if (is_ours(current)) return current;
    for (int i = depth; i-- > 0;)
        if (attachments[i].own) return attachments[i].own;
    PyThreadState *const first = PyGILState_GetThisThreadState();
    return is_ours(first) ? first : nullptr;
}

// Returns false if the interpreter is ending.
bool enter() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!closing) ++attached;
    return !closing;
}

void leave() {
    {
        const std::lock_guard<std::mutex> lock(mutex);
        --attached;
    }
    changed.notify_all();
}

// As CPython does with a thread that wants an interpreter that is gone.
[[noreturn]] void stop_this_thread() {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

PyThreadState *make_thread_state() {
    if (!enter()) stop_this_thread();
    PyThreadState *const made = PyThreadState_New(interpreter);
    if (!made) Py_FatalError("no memory for another thread state");
    return made;
}

PyGILState_STATE ensure() {
    if (depth == kMaxDepth) Py_FatalError("PyGILState_Ensure() calls are nested too deep");
    PyThreadState *const current = PyThreadState_GetUnchecked();
    if (is_ours(current)) {
        attachments[depth++] = {nullptr, nullptr, false};
        return PyGILState_LOCKED;
    }
    if (current) PyEval_SaveThread();
    PyThreadState *own = known_thread_state();
    const bool is_new = !own;
    if (is_new) own = make_thread_state();
    PyEval_RestoreThread(own);
    attachments[depth++] = {current, own, is_new};
    return PyGILState_UNLOCKED;
}

void release(PyGILState_STATE) {
    if (depth == 0) Py_FatalError("PyGILState_Release() without PyGILState_Ensure()");
    const Attachment ended = attachments[--depth];
    if (!ended.own) return;
    if (ended.is_new) {
        PyThreadState_Clear(ended.own);
        PyThreadState_DeleteCurrent();
        leave();
    } else {
        PyEval_SaveThread();
    }
    if (ended.previous) PyEval_RestoreThread(ended.previous);
}

int check() { return is_ours(PyThreadState_GetUnchecked()); }

// A module that is made by one call has the short name; in a package CPython's own loader completes it, with a variable
// that only CPython can set.
PyObject *create_module(PyModuleDef *definition, int api_version) {
    const char *const dot = full_module_name ? std::strrchr(full_module_name, '.') : nullptr;
    if (dot && definition->m_name && std::strcmp(dot + 1, definition->m_name) == 0) {
        definition->m_name = full_module_name;
        full_module_name = nullptr;
    }
    return PyModule_Create2(definition, api_version);
}

// Modules ask this to find out whether they are in a sub-interpreter: for their variables, this one is the main one.
PyInterpreterState *main_interpreter() { return interpreter; }

// The destructors of a library's static objects would run at the exit of the process, long after the interpreter to
// which its Python objects belong.
int forget_exit_function(void (*)(void *), void *, void *) { return 0; }

// Whether a private copy has started a thread, which may still use the copy's variables when the interpreter has ended.
std::atomic<bool> has_threads{false};

int create_posix_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                        void *argument) {
    has_threads = true;
    return pthread_create(thread, attributes, function, argument);
}

int create_c_thread(thrd_t *thread, thrd_start_t function, void *argument) {
    has_threads = true;
    return thrd_create(thread, function, argument);
}

void create_standard_thread(void *thread, void *state, void (*depend)()) {
    has_threads = true;
    start_standard_thread(thread, state, depend);
}

struct Replacement {
    const char *name;
    void *function;
};

const Replacement replacements[] = {
    {"PyGILState_Ensure", reinterpret_cast<void *>(ensure)},
    {"PyGILState_Release", reinterpret_cast<void *>(release)},
    {"PyGILState_Check", reinterpret_cast<void *>(check)},
    {"PyGILState_GetThisThreadState", reinterpret_cast<void *>(known_thread_state)},
    {"PyInterpreterState_Main", reinterpret_cast<void *>(main_interpreter)},
    {"PyModule_Create2", reinterpret_cast<void *>(create_module)},
    {"__cxa_atexit", reinterpret_cast<void *>(forget_exit_function)},
    {"pthread_create", reinterpret_cast<void *>(create_posix_thread)},
    {"thrd_create", reinterpret_cast<void *>(create_c_thread)},
    {"_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
     reinterpret_cast<void *>(create_standard_thread)},
    {nullptr, nullptr},
};

}  // namespace

extern "C" {

// Must be called first. Returns the functions to use instead of CPython's, up to a name that is null.
const Replacement *subinterp_attach_open(PyInterpreterState *owner) {
    interpreter = owner;
    return replacements;
}

// Sets the name of the module whose init function is called next. It must stay valid.
void subinterp_attach_set_module_name(const char *name) { full_module_name = name; }

// Whether a private copy has started a thread.
int subinterp_attach_has_threads() { return has_threads; }

// From now on no thread is attached. Waits for those that are, and returns whether none is left. Detached.
int subinterp_attach_close(double seconds) {
    std::unique_lock<std::mutex> lock(mutex);
    closing = true;
    return changed.wait_for(lock, std::chrono::duration<double>(seconds), [] { return attached == 0; });
}
}
