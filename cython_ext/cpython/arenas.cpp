#include "cpython/arenas.hpp"

#include <Python.h>

#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace subinterp {

namespace {

struct Arena {
    std::int64_t interpreter_id;
    std::size_t size;
};

constexpr std::int64_t kUnknown = -1;

PyObjectArenaAllocator original{};
std::mutex mutex;
std::map<void *, Arena> arenas;

std::int64_t current_interpreter_id() noexcept {
    PyThreadState *const state = PyThreadState_GetUnchecked();
    return state ? PyInterpreterState_GetID(PyThreadState_GetInterpreter(state)) : kUnknown;
}

void *allocate(void *, std::size_t size) {
    void *const memory = original.alloc(original.ctx, size);
    if (!memory) return nullptr;
    try {
        const std::lock_guard<std::mutex> lock(mutex);
        arenas[memory] = {current_interpreter_id(), size};
    } catch (const std::bad_alloc &) {
        // Not recorded, so it is kept if its interpreter leaves it behind.
    }
    return memory;
}

void deallocate(void *, void *memory, std::size_t size) {
    {
        const std::lock_guard<std::mutex> lock(mutex);
        arenas.erase(memory);
    }
    original.free(original.ctx, memory, size);
}

}  // namespace

void arenas_prepare() noexcept {
    if (original.alloc) return;
    PyObject_GetArenaAllocator(&original);
    PyObjectArenaAllocator recording{nullptr, allocate, deallocate};
    PyObject_SetArenaAllocator(&recording);
}

int arenas_release(std::int64_t interpreter_id) noexcept {
    const std::lock_guard<std::mutex> lock(mutex);
    int count = 0;
    for (auto each = arenas.begin(); each != arenas.end();) {
        if (each->second.interpreter_id != interpreter_id) {
            ++each;
            continue;
        }
        original.free(original.ctx, each->first, each->second.size);
        each = arenas.erase(each);
        ++count;
    }
    return count;
}

void arenas_before_fork() noexcept { mutex.lock(); }

void arenas_after_fork() noexcept { mutex.unlock(); }

}  // namespace subinterp
