#include "shared/condition.hpp"

#include <algorithm>

namespace subinterp {

void SharedCondition::enter(ConditionWait &wait) {
    const std::lock_guard<std::mutex> guard(mutex_);
    waits_.push_back(&wait);
    wait.condition = this;
}

bool SharedCondition::leave(ConditionWait &wait, bool failed) noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    wait.condition = nullptr;
    const bool notified = wait.notified_;
    if (!notified) {
        waits_.erase(std::remove(waits_.begin(), waits_.end(), &wait), waits_.end());
    } else if (failed) {
        notify_first();
    }
    return notified;
}

void SharedCondition::notify(std::size_t count) noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    while (count-- > 0 && !waits_.empty()) notify_first();
}

// Call with the mutex locked: otherwise the wait could end, and be destroyed, before it is notified.
void SharedCondition::notify_first() noexcept {
    if (waits_.empty()) return;
    ConditionWait &first = *waits_.front();
    waits_.pop_front();
    first.notified_ = true;
    first.woken_.notify_all();
}

void SharedCondition::interpreter_ended(Holder interpreter) noexcept {
    const std::lock_guard<std::mutex> guard(mutex_);
    // The threads of an abandoned interpreter cannot use a notification.
    const auto gone = [&](const ConditionWait *wait) { return wait->interpreter == interpreter; };
    waits_.erase(std::remove_if(waits_.begin(), waits_.end(), gone), waits_.end());
}

ConditionWait::~ConditionWait() {
    if (condition) condition->leave(*this, true);
}

Status ConditionWait::slice(Deadline until) noexcept {
    spin_once([this] { return notified_.load(); });
    std::unique_lock<std::mutex> guard(*condition->guard());
    return woken_.wait_until(guard, until, [this] { return notified_.load(); }) ? Status::ok : Status::timeout;
}

}  // namespace subinterp
