#include "shared/semaphore.hpp"

#include <limits>

namespace subinterp {

Status SharedSemaphore::acquire(Deadline until) {
    std::unique_lock<std::mutex> guard(mutex_);
    if (value_ == 0 && (until == kImmediately || !raised_.wait_until(guard, until, [&] { return value_ > 0; }))) {
        return Status::timeout;
    }
    --value_;
    return Status::ok;
}

bool SharedSemaphore::release(std::size_t count) {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (count > std::numeric_limits<std::size_t>::max() - value_) return false;
        value_ += count;
    }
    if (count == 1) {
        raised_.notify_one();
    } else {
        raised_.notify_all();
    }
    return true;
}

Status SemaphoreWait::slice(Deadline until) noexcept {
    spin_once([this] { return semaphore->value() > 0; });
    return semaphore->acquire(until);
}

}  // namespace subinterp
