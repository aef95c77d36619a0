// Condition variables across interpreters. Threads are notified in the order in which they started to wait.
#pragma once

#include <atomic>
#include <deque>

#include "shared/lock.hpp"

namespace subinterp {

class ConditionWait;

class SharedCondition final : public Shared {
  public:
    explicit SharedCondition(SharedRef lock) : Shared(Kind::condition), lock_(std::move(lock)) {}

    SharedLock *lock() const { return static_cast<SharedLock *>(lock_.get()); }

    // Call before the lock is released, so that no notification can be missed. Throws std::bad_alloc.
    void enter(ConditionWait &wait);
    // Ends the wait and returns whether it was notified. With `failed`, the notification goes to the next thread.
    bool leave(ConditionWait &wait, bool failed) noexcept;
    void notify(std::size_t count) noexcept;

    std::mutex *guard() noexcept override { return &mutex_; }
    void interpreter_ended(Holder interpreter) noexcept override;
    void forked() noexcept override { waits_.clear(); }

  private:
    void notify_first() noexcept;

    const SharedRef lock_;
    std::mutex mutex_;
    std::deque<ConditionWait *> waits_;  // those not yet notified
};

class ConditionWait final : public Wait {
  public:
    SharedCondition *condition = nullptr;
    Holder interpreter = 0;

    // Leaves the condition. CPython 3.13 unwinds threads that attach after finalization, so Python code may not do it.
    ~ConditionWait() override;
    Status slice(Deadline until) noexcept override;

  private:
    friend class SharedCondition;
    std::atomic<bool> notified_{false};
    ForkSafeCondition woken_;  // of this wait only, so that a notification wakes one thread
};

}  // namespace subinterp
