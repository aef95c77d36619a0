// Barriers across interpreters.
#pragma once

#include <atomic>
#include <memory>

#include "shared/shared_object.hpp"
#include "wait/wait.hpp"

namespace subinterp {

enum class Phase : int {
    filling,  // threads arrive and wait
    acting,   // all have arrived; the last one runs the action, and new threads wait for the next round
    passed,
    broken
};

// The threads that wait together. Each of them holds the round, so that it sees the result after the next one began.
struct Round {
    std::atomic<Phase> phase{Phase::filling};
    std::vector<Holder> arrived;  // the interpreter of each thread that has arrived, in order
};

class BarrierWait;

class SharedBarrier final : public Shared {
  public:
    const std::size_t parties;
    const double timeout;               // in seconds; infinite if there is none
    const std::string action;           // pickled; empty if there is none
    const std::vector<SharedRef> pins;  // the shared objects in the action

    SharedBarrier(std::size_t count, double seconds, std::string pickle, std::vector<SharedRef> held)
        : Shared(Kind::barrier), parties(count), timeout(seconds), action(std::move(pickle)), pins(std::move(held)) {}

    // Joins a round, after the previous one has ended, and sets the index of the wait.
    Status enter(BarrierWait &wait, Deadline until) noexcept;
    Status wait_for_others(BarrierWait &wait, Deadline until) noexcept;
    // Call in the last thread, after the action: releases all. Throws std::bad_alloc.
    Status pass(BarrierWait &wait);
    // Call after a timeout: breaks the round, unless all have arrived.
    Status time_out(BarrierWait &wait) noexcept;
    // Call after an interrupt or an error.
    void break_round(BarrierWait &wait) noexcept;
    void abort() noexcept;
    // Throws std::bad_alloc.
    void reset();

    bool is_broken() noexcept;
    std::size_t waiting() noexcept;

    std::mutex *guard() noexcept override { return &mutex_; }
    void interpreter_ended(Holder interpreter) noexcept override;
    void forked() noexcept override;

  private:
    void break_now(Round &round) noexcept;

    std::mutex mutex_;
    ForkSafeCondition changed_;
    std::shared_ptr<Round> round_ = std::make_shared<Round>();
};

class BarrierWait final : public Wait {
  public:
    SharedBarrier *barrier = nullptr;
    Holder interpreter = 0;
    std::size_t index = 0;

    // Waits to join a round, and after that for the other threads.
    Status slice(Deadline until) noexcept override;

  private:
    friend class SharedBarrier;
    std::shared_ptr<Round> round_;
};

}  // namespace subinterp
