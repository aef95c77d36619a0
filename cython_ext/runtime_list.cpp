#include "runtime_list.hpp"

#include <Python.h>

#include <cstdint>
#include <cstring>

#include "module_rows.hpp"
#include "shared.hpp"
#include "worker.hpp"

#ifndef _WIN32
#include <pthread.h>
#endif

// _PyRuntime begins with the table of offsets that out-of-process debuggers use (3.13+):
// char cookie[8]; u64 version; u64 free_threaded; runtime {u64 size, finalizing, interpreters_head};
// interpreter {u64 size, id, next, ...}. Nothing of it is used before it is checked against the public API.
extern "C" {
#if defined(_WIN32)
__declspec(dllimport) extern char _PyRuntime[];
#else
extern char _PyRuntime[];
#endif
}

namespace subinterp {

namespace {

enum Word : int { kVersion = 0, kFreeThreaded = 1, kInterpretersHead = 4, kNextInterpreter = 7 };

std::size_t head_offset = 0;
std::size_t next_offset = 0;
PyInterpreterState *main_interpreter = nullptr;

std::uint64_t word(Word index) {
    std::uint64_t value;
    std::memcpy(&value, _PyRuntime + 8 + 8 * index, sizeof value);
    return value;
}

PyInterpreterState **slot(void *base, std::size_t offset) {
    return reinterpret_cast<PyInterpreterState **>(static_cast<char *>(base) + offset);
}

#ifndef _WIN32
// In this order: pins are released, in the table of shared objects, under the mutexes of workers.
void before_fork() {
    table_before_fork();
    shared_before_fork();
    module_rows_before_fork();
}

void in_parent() {
    module_rows_after_fork();
    shared_after_fork_in_parent();
    table_after_fork_in_parent();
}

void in_child() {
    // Before PyOS_AfterFork_Child walks the list: it aborts on interpreters whose threads were not forked along.
    runtime_list_keep_main_only();
    module_rows_after_fork();
    shared_after_fork_in_child();
    table_after_fork_in_child();
}
#endif

}  // namespace

bool runtime_list_prepare() {
    if (main_interpreter) return true;
    if (std::memcmp(_PyRuntime, "xdebugpy", 8) != 0) return false;
    if ((word(kVersion) >> 16) != (PY_VERSION_HEX >> 16) || word(kFreeThreaded) != 0) return false;
    const std::size_t head = word(kInterpretersHead);
    const std::size_t next = word(kNextInterpreter);
    PyInterpreterState *const first = PyInterpreterState_Head();
    if (*slot(_PyRuntime, head) != first || *slot(first, next) != PyInterpreterState_Next(first)) return false;
    head_offset = head;
    next_offset = next;
    main_interpreter = PyInterpreterState_Main();
    return true;
}

bool runtime_list_keep_main_only() {
    if (!main_interpreter) return false;
    *slot(_PyRuntime, head_offset) = main_interpreter;
    *slot(main_interpreter, next_offset) = nullptr;
    return true;
}

bool install_fork_handlers() {
#ifdef _WIN32
    return true;
#else
    static const bool installed = pthread_atfork(before_fork, in_parent, in_child) == 0;
    return installed;
#endif
}

}  // namespace subinterp
