// Conditions: threads that have given up a lock until somebody notifies them, first come, first served.
#pragma once

#include <atomic>
#include <deque>

#include "lock.hpp"

namespace subinterp {

class ConditionWait;

class SharedCondition final : public Shared {
  public:
    explicit SharedCondition(SharedRef lock) : Shared(Kind::condition), lock_(std::move(lock)) {}

    SharedLock *lock() const { return static_cast<SharedLock *>(lock_.get()); }

    // To be called before the lock is given up, so that no notification can come in between.
    void enter(ConditionWait &wait);
    // Ends the wait and tells whether it was notified. What was notified but cannot go on hands that to the next.
    bool leave(ConditionWait &wait, bool goes_on);
    void notify(std::size_t count);

    std::mutex *guard() override { return &mutex_; }
    void interpreter_ended(Holder interpreter) override;
    void forked() override { waits_.clear(); }

  private:
    void notify_first();

    const SharedRef lock_;
    std::mutex mutex_;
    std::deque<ConditionWait *> waits_;  // those not yet notified
};

// A condition that holds that lock alive; nullptr without memory. The lock is a live one.
SharedCondition *condition_over(std::uint64_t lock);

class ConditionWait final : public Wait {
  public:
    SharedCondition *condition = nullptr;
    Holder interpreter = 0;

    // Also when the system unwinds a thread that wanted the GIL of a runtime that has ended.
    ~ConditionWait() override;
    Outcome slice(Moment until) override;

  private:
    friend class SharedCondition;
    std::atomic<bool> notified_{false};
    WaitingRoom woken_;  // one for each wait: to notify wakes nobody else
};

}  // namespace subinterp
