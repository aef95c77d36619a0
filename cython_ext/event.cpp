#include "event.hpp"

namespace subinterp {

void SharedEvent::set() {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        set_ = true;
        ++times_;
    }
    was_set_.wake_all();
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

Outcome EventWait::slice(Moment until) {
    look_first([this] { return was_set(); });
    std::unique_lock<std::mutex> guard(event_->mutex_);
    return event_->was_set_.wait(guard, until, [this] { return was_set(); }) ? Outcome::done : Outcome::not_yet;
}

}  // namespace subinterp
