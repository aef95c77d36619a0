// The modules that one extension has in all interpreters. Thread-safe, and usable in a forked child.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace subinterp {

class ModuleRows {
  public:
    // Returns a borrowed reference, or nullptr.
    PyObject *find(std::int64_t interpreter) const;

    // Returns false for want of memory.
    bool add(std::int64_t interpreter, PyObject *module);

    void remove(std::int64_t interpreter);

    // How often something was removed: what was found before the last time may be gone.
    std::uint64_t removals() const { return removals_.load(std::memory_order_acquire); }

  private:
    std::vector<std::pair<std::int64_t, PyObject *>> rows_;  // few, and in no order
    std::atomic<std::uint64_t> removals_{0};
};

// Around a fork, so that no other thread is in the middle of a change when the child is made.
void module_rows_before_fork();
void module_rows_after_fork();

}  // namespace subinterp
