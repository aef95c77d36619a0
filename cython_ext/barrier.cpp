#include "barrier.hpp"

#include <algorithm>

namespace subinterp {

namespace {

bool is_open(const Round &round) { return round.phase == Phase::filling || round.phase == Phase::acting; }

Outcome outcome_of(const Round &round) {
    if (is_open(round)) return Outcome::not_yet;
    return round.phase == Phase::passed ? Outcome::done : Outcome::broken;
}

}  // namespace

Outcome SharedBarrier::enter(BarrierWait &wait, Moment until) {
    std::unique_lock<std::mutex> guard(mutex_);
    if (!changed_.wait(guard, until, [&] { return round_->phase != Phase::acting; })) return Outcome::not_yet;
    if (round_->phase == Phase::broken) return Outcome::broken;
    wait.round_ = round_;
    wait.index = round_->arrived.size();
    round_->arrived.push_back(wait.interpreter);
    if (round_->arrived.size() == parties) round_->phase = Phase::acting;
    return Outcome::done;
}

Outcome SharedBarrier::stay(BarrierWait &wait, Moment until) {
    std::unique_lock<std::mutex> guard(mutex_);
    changed_.wait(guard, until, [&] { return !is_open(*wait.round_); });
    return outcome_of(*wait.round_);
}

Outcome SharedBarrier::pass(BarrierWait &wait) {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!is_open(*wait.round_)) return outcome_of(*wait.round_);
        wait.round_->phase = Phase::passed;
        begin_round();
    }
    changed_.wake_all();
    return Outcome::done;
}

Outcome SharedBarrier::give_up(BarrierWait &wait) {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (wait.round_->phase == Phase::filling) break_now(*wait.round_);
    return outcome_of(*wait.round_);
}

void SharedBarrier::break_round(BarrierWait &wait) {
    if (!wait.round_) return;
    const std::lock_guard<std::mutex> guard(mutex_);
    break_now(*wait.round_);
}

void SharedBarrier::abort() {
    const std::lock_guard<std::mutex> guard(mutex_);
    break_now(*round_);
}

void SharedBarrier::reset() {
    const std::lock_guard<std::mutex> guard(mutex_);
    break_now(*round_);
    begin_round();
}

bool SharedBarrier::is_broken() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return round_->phase == Phase::broken;
}

std::size_t SharedBarrier::waiting() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return round_->phase == Phase::filling ? round_->arrived.size() : 0;
}

// The caller holds the mutex.
void SharedBarrier::break_now(Round &round) {
    if (!is_open(round)) return;
    round.phase = Phase::broken;
    changed_.wake_all();
}

void SharedBarrier::interpreter_ended(Holder interpreter) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto &there = round_->arrived;
    if (std::find(there.begin(), there.end(), interpreter) != there.end()) break_now(*round_);
}

void SharedBarrier::forked() {
    changed_.forget_sleepers();
    if (!round_->arrived.empty() && is_open(*round_)) begin_round();
}

Outcome BarrierWait::slice(Moment until) {
    if (!round_) return barrier->enter(*this, until);
    look_first([this] { return !is_open(*round_); });
    return barrier->stay(*this, until);
}

}  // namespace subinterp
