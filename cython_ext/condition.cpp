#include "condition.hpp"

#include <algorithm>
#include <new>

namespace subinterp {

SharedCondition *condition_over(std::uint64_t lock) {
    std::vector<SharedRef> pins;
    return shared_pin(lock, pins) ? new (std::nothrow) SharedCondition(std::move(pins.front())) : nullptr;
}

void SharedCondition::enter(ConditionWait &wait) {
    const std::lock_guard<std::mutex> guard(mutex_);
    waits_.push_back(&wait);
    wait.condition = this;
}

bool SharedCondition::leave(ConditionWait &wait, bool goes_on) {
    const std::lock_guard<std::mutex> guard(mutex_);
    wait.condition = nullptr;
    const bool notified = wait.notified_;
    if (!notified) {
        waits_.erase(std::remove(waits_.begin(), waits_.end(), &wait), waits_.end());
    } else if (!goes_on) {
        notify_first();
    }
    return notified;
}

void SharedCondition::notify(std::size_t count) {
    const std::lock_guard<std::mutex> guard(mutex_);
    while (count-- > 0 && !waits_.empty()) notify_first();
}

// The caller holds the mutex: without it the wait could end, and be gone, before it is woken.
void SharedCondition::notify_first() {
    if (waits_.empty()) return;
    ConditionWait &first = *waits_.front();
    waits_.pop_front();
    first.notified_ = true;
    first.woken_.wake_all();
}

void SharedCondition::interpreter_ended(Holder interpreter) {
    const std::lock_guard<std::mutex> guard(mutex_);
    // Those of an interpreter that was left behind: whatever they would be told is lost.
    const auto gone = [&](const ConditionWait *wait) { return wait->interpreter == interpreter; };
    waits_.erase(std::remove_if(waits_.begin(), waits_.end(), gone), waits_.end());
}

ConditionWait::~ConditionWait() {
    if (condition) condition->leave(*this, false);
}

Outcome ConditionWait::slice(Moment until) {
    look_first([this] { return notified_.load(); });
    std::unique_lock<std::mutex> guard(*condition->guard());
    return woken_.wait(guard, until, [this] { return notified_.load(); }) ? Outcome::done : Outcome::not_yet;
}

}  // namespace subinterp
