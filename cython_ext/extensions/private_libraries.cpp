#if defined(__linux__)

#include "extensions/private_libraries.hpp"

#include <Python.h>
#include <dlfcn.h>

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <vector>

#include "extensions/interpreter_copies.hpp"

namespace subinterp {

namespace {

// Held while libraries are loaded: a child of a fork in between could not load any, because the dynamic loader's own
// state would be incomplete there.
std::recursive_mutex loading_mutex;

std::mutex table_mutex;
std::map<std::int64_t, std::shared_ptr<InterpreterCopies>> table;  // by the interpreter's id
std::vector<std::shared_ptr<InterpreterCopies>> unused;            // of interpreters that have ended

std::shared_ptr<InterpreterCopies> take_unused() {
    const std::lock_guard<std::mutex> lock(table_mutex);
    if (unused.empty()) return nullptr;
    auto taken = std::move(unused.back());
    unused.pop_back();
    return taken;
}

std::shared_ptr<InterpreterCopies> of_this_interpreter() {
    const std::int64_t id = PyInterpreterState_GetID(PyInterpreterState_Get());
    {
        const std::lock_guard<std::mutex> lock(table_mutex);
        const auto found = table.find(id);
        if (found != table.end()) return found->second;
    }
    auto copies = take_unused();
    if (!copies) copies = std::make_shared<InterpreterCopies>();
    copies->open();
    const std::lock_guard<std::mutex> lock(table_mutex);
    return table.emplace(id, std::move(copies)).first->second;
}

std::shared_ptr<InterpreterCopies> copies_of(std::int64_t interpreter_id) {
    const std::lock_guard<std::mutex> lock(table_mutex);
    const auto found = table.find(interpreter_id);
    return found == table.end() ? nullptr : found->second;
}

}  // namespace

void *find_function(void *library, const std::string &name) noexcept { return dlsym(library, name.c_str()); }

void *load_private_copy(const std::string &path, std::size_t &bytes) {
    const std::lock_guard<std::recursive_mutex> lock(loading_mutex);
    const auto copies = of_this_interpreter();
    const std::size_t before = copies->bytes_in_use();
    void *const handle = copies->load_extension(path);
    bytes += copies->bytes_in_use() - before;
    return handle;
}

void set_module_name(const std::string &name) {
    static std::set<std::string> names;  // modules keep their addresses
    const auto copies = of_this_interpreter();
    const std::lock_guard<std::mutex> lock(table_mutex);
    copies->set_module_name(names.insert(name).first->c_str());
}

bool close_private_libraries(std::int64_t interpreter_id, double seconds) noexcept {
    const auto copies = copies_of(interpreter_id);
    return !copies || copies->close(seconds);
}

void private_libraries_before_fork() noexcept {
    loading_mutex.lock();
    table_mutex.lock();
}

void private_libraries_after_fork() noexcept {
    table_mutex.unlock();
    loading_mutex.unlock();
}

void release_private_libraries(std::int64_t interpreter_id) noexcept {
    const std::lock_guard<std::mutex> lock(table_mutex);
    const auto found = table.find(interpreter_id);
    if (found == table.end()) return;
    try {
        found->second->drop_copies_with_threads();
        unused.push_back(found->second);
    } catch (const std::bad_alloc &) {
        // Then the next interpreter loads its own.
    }
    table.erase(found);
}

}  // namespace subinterp

#endif
