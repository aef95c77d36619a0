#include "shared/event.hpp"

namespace subinterp {

void SharedEvent::set() {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        set_ = true;
        ++times_;
    }
    was_set_.notify_all();
}

void SharedEvent::clear() {
    const std::lock_guard<std::mutex> guard(mutex_);
    set_ = false;
}

void SharedEvent::enter(EventWait &wait) {
    const std::lock_guard<std::mutex> guard(mutex_);
    wait.event_ = this;
    wait.times_before_ = times_;
}

Status EventWait::slice(Deadline until) noexcept {
    spin_once([this] { return was_set(); });
    std::unique_lock<std::mutex> guard(event_->mutex_);
    return event_->was_set_.wait_until(guard, until, [this] { return was_set(); }) ? Status::ok : Status::timeout;
}

}  // namespace subinterp
