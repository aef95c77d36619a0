#include "shared/barrier.hpp"

#include <algorithm>
#include <new>

namespace subinterp {

namespace {

bool is_open(const Round &round) { return round.phase == Phase::filling || round.phase == Phase::acting; }

Status status_of(const Round &round) {
    if (is_open(round)) return Status::timeout;
    return round.phase == Phase::passed ? Status::ok : Status::broken;
}

}  // namespace

Status SharedBarrier::enter(BarrierWait &wait, Deadline until) noexcept try {
    std::unique_lock<std::mutex> guard(mutex_);
    if (!changed_.wait_until(guard, until, [&] { return round_->phase != Phase::acting; })) return Status::timeout;
    if (round_->phase == Phase::broken) return Status::broken;
    round_->arrived.push_back(wait.interpreter);
    wait.round_ = round_;
    wait.index = round_->arrived.size() - 1;
    if (round_->arrived.size() == parties) round_->phase = Phase::acting;
    return Status::ok;
} catch (const std::bad_alloc &) {
    return Status::no_memory;
}

Status SharedBarrier::wait_for_others(BarrierWait &wait, Deadline until) noexcept {
    std::unique_lock<std::mutex> guard(mutex_);
    changed_.wait_until(guard, until, [&] { return !is_open(*wait.round_); });
    return status_of(*wait.round_);
}

Status SharedBarrier::pass(BarrierWait &wait) {
    auto next = std::make_shared<Round>();
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!is_open(*wait.round_)) return status_of(*wait.round_);
        wait.round_->phase = Phase::passed;
        round_ = std::move(next);
    }
    changed_.notify_all();
    return Status::ok;
}

Status SharedBarrier::time_out(BarrierWait &wait) noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (wait.round_->phase == Phase::filling) break_now(*wait.round_);
    return status_of(*wait.round_);
}

void SharedBarrier::break_round(BarrierWait &wait) noexcept {
    if (!wait.round_) return;
    const std::lock_guard<std::mutex> guard(mutex_);
    break_now(*wait.round_);
}

void SharedBarrier::abort() noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    break_now(*round_);
}

void SharedBarrier::reset() {
    auto next = std::make_shared<Round>();
    const std::lock_guard<std::mutex> guard(mutex_);
    break_now(*round_);
    round_ = std::move(next);
}

bool SharedBarrier::is_broken() noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    return round_->phase == Phase::broken;
}

std::size_t SharedBarrier::waiting() noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    return round_->phase == Phase::filling ? round_->arrived.size() : 0;
}

// Call with the mutex locked.
void SharedBarrier::break_now(Round &round) noexcept {
    if (!is_open(round)) return;
    round.phase = Phase::broken;
    changed_.notify_all();
}

void SharedBarrier::interpreter_ended(Holder interpreter) noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto &arrived = round_->arrived;
    if (std::find(arrived.begin(), arrived.end(), interpreter) != arrived.end()) break_now(*round_);
}

void SharedBarrier::forked() noexcept {
    changed_.reset_after_fork();
    // The waiting threads do not exist here. Nothing is allocated in a forked child.
    if (!is_open(*round_)) return;
    round_->arrived.clear();
    round_->phase = Phase::filling;
}

Status BarrierWait::slice(Deadline until) noexcept {
    if (!round_) return barrier->enter(*this, until);
    spin_once([this] { return !is_open(*round_); });
    return barrier->wait_for_others(*this, until);
}

}  // namespace subinterp
