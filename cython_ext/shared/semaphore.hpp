// Semaphores across interpreters.
#pragma once

#include <atomic>

#include "shared/shared_object.hpp"
#include "wait/wait.hpp"

namespace subinterp {

class SharedSemaphore final : public Shared {
  public:
    explicit SharedSemaphore(std::size_t value) : Shared(Kind::semaphore), value_(value) {}

    std::size_t value() const { return value_; }
    bool try_acquire() { return acquire(kImmediately) == Status::ok; }
    Status acquire(Deadline until);
    // Returns false if the counter would overflow.
    bool release(std::size_t count);

    std::mutex *guard() noexcept override { return &mutex_; }
    void forked() noexcept override { raised_.reset_after_fork(); }

  private:
    std::mutex mutex_;
    ForkSafeCondition raised_;
    std::atomic<std::size_t> value_;
};

class SemaphoreWait final : public Wait {
  public:
    SharedSemaphore *semaphore = nullptr;
    Status slice(Deadline until) noexcept override;
};

}  // namespace subinterp
