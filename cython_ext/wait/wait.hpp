// Waiting for a shared object: in slices, so that a waiting thread can handle signals between them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <new>
#include <utility>

#include "wait/deadline.hpp"
#include "wait/status.hpp"

namespace subinterp {

// One wait, from its first slice to its end. Lives on the stack of the waiting thread.
class Wait {
  public:
    virtual ~Wait() = default;
    // Waits until the deadline at the latest; Status::timeout if it passed. Call without the GIL.
    virtual Status slice(Deadline until) noexcept = 0;

  protected:
    template <typename Ready>
    void spin_once(Ready ready) {
        if (!std::exchange(has_spun_, true)) spin_until(ready);
    }

  private:
    bool has_spun_ = false;
};

// A condition variable that can be used, and destroyed, in a forked child although threads of the parent waited for it.
class ForkSafeCondition {
  public:
    ForkSafeCondition() : condition_() {}
    ForkSafeCondition(const ForkSafeCondition &) = delete;
    ForkSafeCondition &operator=(const ForkSafeCondition &) = delete;
    ~ForkSafeCondition() { condition_.~condition_variable(); }

    void notify_one() { condition_.notify_one(); }
    void notify_all() { condition_.notify_all(); }

    // Whether it was ready before the deadline.
    template <typename Ready>
    bool wait_until(std::unique_lock<std::mutex> &lock, Deadline until, Ready ready) {
        return condition_.wait_until(lock, until, ready);
    }

    // Call in a forked child. The C library's condition still counts the parent's threads, and would wait for them when
    // notified or destroyed: so it is constructed anew without being destroyed.
    void reset_after_fork() { new (&condition_) std::condition_variable; }

  private:
    union {
        std::condition_variable condition_;
    };
};

}  // namespace subinterp
