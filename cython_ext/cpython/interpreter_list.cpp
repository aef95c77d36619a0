#include "cpython/interpreter_list.hpp"

#include <Python.h>

#include <cstdint>
#include <cstring>

#include "control/worker.hpp"
#include "cpython/arenas.hpp"
#include "cpython/module_table.hpp"
#include "extensions/declaration.hpp"
#include "extensions/private_libraries.hpp"
#include "shared/shared_object.hpp"

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
// In this order: the table of shared objects is locked while the mutex of a worker is held, never the other way.
void before_fork() {
    table_before_fork();
    shared_before_fork();
    module_table_before_fork();
    arenas_before_fork();
    declarations_before_fork();
    private_libraries_before_fork();
}

void in_parent() {
    private_libraries_after_fork();
    declarations_after_fork();
    arenas_after_fork();
    module_table_after_fork();
    shared_after_fork_in_parent();
    table_after_fork_in_parent();
}

void in_child() {
    // Before PyOS_AfterFork_Child walks the list: it aborts on interpreters whose threads do not exist in the child.
    interpreter_list_keep_main_only();
    private_libraries_after_fork();
    declarations_after_fork();
    arenas_after_fork();
    module_table_after_fork();
    shared_after_fork_in_child();
    table_after_fork_in_child();
}
#endif

}  // namespace

bool interpreter_list_prepare() {
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

bool interpreter_list_keep_main_only() {
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
