#include "lock.hpp"

namespace subinterp {

Outcome SharedLock::acquire(Holder interpreter, std::size_t depth, Moment until) {
    bool was_abandoned = false;
    {
        std::unique_lock<std::mutex> guard(mutex_);
        if (!is_free_for_me() && (until == kAtOnce || !freed_.wait(guard, until, [&] { return is_free_for_me(); }))) {
            return Outcome::not_yet;
        }
        was_abandoned = std::exchange(abandoned_, false);
        if (!was_abandoned) {
            depth_ += depth;
            owner_ = this_thread_number();
            interpreter_ = interpreter;
        }
    }
    if (!was_abandoned) return Outcome::done;
    freed_.wake_one();  // it is still free, for the next
    return Outcome::abandoned;
}

bool SharedLock::release() {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!may_be_used()) return false;
        if (depth_ > 1) {
            --depth_;
            return true;
        }
        set_free();
    }
    freed_.wake_one();
    return true;
}

std::size_t SharedLock::release_all() {
    std::size_t depth = 0;
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!may_be_used()) return 0;
        depth = depth_;
        set_free();
    }
    freed_.wake_one();
    return depth;
}

// The caller holds the mutex.
void SharedLock::set_free() {
    depth_ = 0;
    owner_ = 0;
}

// The caller holds the mutex.
void SharedLock::abandon() {
    set_free();
    abandoned_ = true;
}

void SharedLock::interpreter_ended(Holder interpreter) {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (depth_ == 0 || interpreter_ != interpreter) return;
        abandon();
    }
    freed_.wake_one();
}

void SharedLock::forked() {
    constexpr Holder kMain = 0;
    freed_.forget_sleepers();
    if (depth_ > 0 && interpreter_ != kMain) abandon();
}

Outcome LockWait::slice(Moment until) {
    look_first([this] { return !lock->locked(); });
    return lock->acquire(interpreter, depth, until);
}

}  // namespace subinterp
