#include "cpython/module_table.hpp"

#include <algorithm>
#include <mutex>
#include <new>

#include "cpython/interpreter_list.hpp"

namespace subinterp {

namespace {

// One mutex for all extensions, because each thread seldom looks a module up more than once. Never destroyed, because
// interpreters may outlive static destructors.
std::mutex &mutex() {
    static std::mutex *const made = new std::mutex;
    return *made;
}

}  // namespace

PyObject *ModuleTable::find(std::int64_t interpreter) const {
    const std::lock_guard<std::mutex> lock(mutex());
    for (const auto &[id, module] : rows_) {
        if (id == interpreter) return module;
    }
    return nullptr;
}

bool ModuleTable::add(std::int64_t interpreter, PyObject *module) {
    install_fork_handlers();
    const std::lock_guard<std::mutex> lock(mutex());
    try {
        rows_.emplace_back(interpreter, module);
    } catch (const std::bad_alloc &) {
        return false;
    }
    return true;
}

void ModuleTable::remove(std::int64_t interpreter) {
    const std::lock_guard<std::mutex> lock(mutex());
    const auto is_its = [interpreter](const auto &row) { return row.first == interpreter; };
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(), is_its), rows_.end());
    removals_.fetch_add(1, std::memory_order_release);
}

void module_table_before_fork() { mutex().lock(); }

void module_table_after_fork() { mutex().unlock(); }

}  // namespace subinterp
