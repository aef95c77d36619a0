// Barriers: a number of threads that wait for each other, round after round.
#pragma once

#include <atomic>
#include <memory>

#include "shared.hpp"
#include "waiting.hpp"

namespace subinterp {

enum class Phase : int {
    filling,  // threads arrive and wait
    acting,   // all are there; the last one works for all, whoever comes now waits for the next round
    passed,
    broken
};

// Those who wait together. Each of them keeps it: what became of it does not change when the next round has begun.
struct Round {
    std::atomic<Phase> phase{Phase::filling};
    std::vector<Holder> arrived;  // the interpreters of those who are there, in the order of their coming
};

class BarrierWait;

class SharedBarrier final : public Shared {
  public:
    const std::size_t parties;
    const double timeout;         // seconds; infinite without
    const std::string action;     // serialised; empty when there is none
    std::vector<SharedRef> pins;  // what the action contains

    SharedBarrier(std::size_t count, double seconds, std::string what)
        : Shared(Kind::barrier), parties(count), timeout(seconds), action(std::move(what)) {}

    // Arrives, when the round before is over. The wait then knows its index.
    Outcome enter(BarrierWait &wait, Moment until);
    Outcome stay(BarrierWait &wait, Moment until);
    // For the last one, when its work is done: lets all go.
    Outcome pass(BarrierWait &wait);
    // For one whose time is over: breaks the round, unless all are there.
    Outcome give_up(BarrierWait &wait);
    // For one that was interrupted or has failed.
    void break_round(BarrierWait &wait);
    void abort();
    void reset();

    bool is_broken();
    std::size_t waiting();

    std::mutex *guard() override { return &mutex_; }
    void interpreter_ended(Holder interpreter) override;
    void forked() override;

  private:
    void begin_round() { round_ = std::make_shared<Round>(); }
    void break_now(Round &round);

    std::mutex mutex_;
    WaitingRoom changed_;
    std::shared_ptr<Round> round_ = std::make_shared<Round>();
};

class BarrierWait final : public Wait {
  public:
    SharedBarrier *barrier = nullptr;
    Holder interpreter = 0;
    std::size_t index = 0;

    // Waits to arrive, and after that for the others.
    Outcome slice(Moment until) override;

  private:
    friend class SharedBarrier;
    std::shared_ptr<Round> round_;
};

}  // namespace subinterp
