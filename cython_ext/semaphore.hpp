// Semaphores: counters that threads take from, and wait for while there is nothing to take.
#pragma once

#include <atomic>

#include "shared.hpp"
#include "waiting.hpp"

namespace subinterp {

class SharedSemaphore final : public Shared {
  public:
    explicit SharedSemaphore(std::size_t value) : Shared(Kind::semaphore), value_(value) {}

    std::size_t value() const { return value_; }
    bool try_acquire() { return acquire(kAtOnce) == Outcome::done; }
    Outcome acquire(Moment until);
    // False when it would count too far.
    bool release(std::size_t count);

    std::mutex *guard() override { return &mutex_; }
    void forked() override { raised_.forget_sleepers(); }

  private:
    std::mutex mutex_;
    WaitingRoom raised_;
    std::atomic<std::size_t> value_;
};

class SemaphoreWait final : public Wait {
  public:
    SharedSemaphore *semaphore = nullptr;
    Outcome slice(Moment until) override;
};

}  // namespace subinterp
