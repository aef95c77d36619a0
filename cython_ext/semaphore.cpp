#include "semaphore.hpp"

#include <limits>

namespace subinterp {

Outcome SharedSemaphore::acquire(Moment until) {
    std::unique_lock<std::mutex> guard(mutex_);
    if (value_ == 0 && (until == kAtOnce || !raised_.wait(guard, until, [&] { return value_ > 0; }))) {
        return Outcome::not_yet;
    }
    --value_;
    return Outcome::done;
}

bool SharedSemaphore::release(std::size_t count) {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (count > std::numeric_limits<std::size_t>::max() - value_) return false;
        value_ += count;
    }
    if (count == 1) {
        raised_.wake_one();
    } else {
        raised_.wake_all();
    }
    return true;
}

Outcome SemaphoreWait::slice(Moment until) {
    look_first([this] { return semaphore->value() > 0; });
    return semaphore->acquire(until);
}

}  // namespace subinterp
