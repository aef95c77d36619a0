// Locks across interpreters, plain and recursive ones.
#pragma once

#include <atomic>

#include "shared/shared_object.hpp"
#include "wait/wait.hpp"

namespace subinterp {

// Numbers the threads of the process from 1. Unlike a thread id of the system, no number is used twice.
std::uint64_t this_thread_number() noexcept;

class SharedLock final : public Shared {
  public:
    const bool recursive;

    explicit SharedLock(bool again) : Shared(again ? Kind::rlock : Kind::lock), recursive(again) {}

    // Acquires it `depth` times, if it is free or (a recursive one) this thread owns it, without waiting.
    Status try_acquire(Holder interpreter, std::size_t depth) { return acquire(interpreter, depth, kImmediately); }
    Status acquire(Holder interpreter, std::size_t depth, Deadline until);
    // Returns false if the lock is free or, for a recursive one, if this thread does not own it.
    bool release();
    // Releases all acquisitions and returns their number; 0 where release() returns false.
    std::size_t release_all();

    bool locked() const { return depth_ > 0; }
    bool is_mine() const { return owner_ == this_thread_number(); }
    // Whether release() may be called. A plain lock may be released by any thread.
    bool can_be_released() const { return recursive ? is_mine() : locked(); }

    std::mutex *guard() noexcept override { return &mutex_; }
    void interpreter_ended(Holder interpreter) noexcept override;
    void forked() noexcept override;

  private:
    bool is_free_for_me() const { return depth_ == 0 || (recursive && is_mine()); }
    void set_free();
    void abandon();

    std::mutex mutex_;
    ForkSafeCondition freed_;
    // Written with the mutex locked; atomic for readers that do not lock it.
    std::atomic<std::size_t> depth_{0};
    std::atomic<std::uint64_t> owner_{0};  // the number of a thread
    Holder interpreter_ = 0;               // of the owner
    bool abandoned_ = false;               // the next acquisition reports it
};

class LockWait final : public Wait {
  public:
    SharedLock *lock = nullptr;
    Holder interpreter = 0;
    std::size_t depth = 1;
    Status slice(Deadline until) noexcept override;
};

}  // namespace subinterp
