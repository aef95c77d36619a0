// Locks that any interpreter of the process may take, plain ones and those that a thread may take again and again.
#pragma once

#include <atomic>

#include "shared.hpp"
#include "waiting.hpp"

namespace subinterp {

class SharedLock final : public Shared {
  public:
    const bool recursive;

    explicit SharedLock(bool again) : Shared(again ? Kind::rlock : Kind::lock), recursive(again) {}

    // Takes it `depth` times, if it is free or this thread's own, without waiting.
    Outcome try_acquire(Holder interpreter, std::size_t depth) { return acquire(interpreter, depth, kAtOnce); }
    Outcome acquire(Holder interpreter, std::size_t depth, Moment until);
    // False when nobody has it; of a recursive one: when this thread does not have it.
    bool release();
    // Gives it up altogether, and returns how often it was taken; 0 where release() would return false.
    std::size_t release_all();

    bool locked() const { return depth_ > 0; }
    bool is_mine() const { return owner_ == this_thread_number(); }
    // As far as it knows: a plain lock may be used by other threads than the one that took it.
    bool may_be_used() const { return recursive ? is_mine() : locked(); }

    std::mutex *guard() override { return &mutex_; }
    void interpreter_ended(Holder interpreter) override;
    void forked() override;

  private:
    bool is_free_for_me() const { return depth_ == 0 || (recursive && is_mine()); }
    void set_free();
    void abandon();

    std::mutex mutex_;
    WaitingRoom freed_;
    // Changed under the mutex only; atomic for those who merely look.
    std::atomic<std::size_t> depth_{0};
    std::atomic<std::uint64_t> owner_{0};  // the number of a thread
    Holder interpreter_ = 0;               // that thread's
    bool abandoned_ = false;               // the next who acquires it shall know
};

class LockWait final : public Wait {
  public:
    SharedLock *lock = nullptr;
    Holder interpreter = 0;
    std::size_t depth = 1;
    Outcome slice(Moment until) override;
};

}  // namespace subinterp
