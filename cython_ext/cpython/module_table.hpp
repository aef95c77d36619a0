// The modules that one extension has in all interpreters. Thread-safe, and usable in a forked child.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace subinterp {

class ModuleTable {
  public:
    // Returns a borrowed reference, or nullptr.
    PyObject *find(std::int64_t interpreter) const;

    // Returns false if there is no memory.
    bool add(std::int64_t interpreter, PyObject *module);

    void remove(std::int64_t interpreter);

    // The number of removals: what was found before the last one may be gone.
    std::uint64_t removals() const { return removals_.load(std::memory_order_acquire); }

  private:
    std::vector<std::pair<std::int64_t, PyObject *>> rows_;  // few, in no order
    std::atomic<std::uint64_t> removals_{0};
};

// Called around a fork, so that no other thread is changing a table when the child is made.
void module_table_before_fork();
void module_table_after_fork();

}  // namespace subinterp
