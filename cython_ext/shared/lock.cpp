#include "shared/lock.hpp"

namespace subinterp {

std::uint64_t this_thread_number() noexcept {
    static std::atomic<std::uint64_t> last{0};
    thread_local const std::uint64_t number = ++last;
    return number;
}

Status SharedLock::acquire(Holder interpreter, std::size_t depth, Deadline until) {
    bool was_abandoned = false;
    {
        std::unique_lock<std::mutex> guard(mutex_);
        if (!is_free_for_me() &&
            (until == kImmediately || !freed_.wait_until(guard, until, [&] { return is_free_for_me(); }))) {
            return Status::timeout;
        }
        was_abandoned = std::exchange(abandoned_, false);
        if (!was_abandoned) {
            depth_ += depth;
            owner_ = this_thread_number();
            interpreter_ = interpreter;
        }
    }
    if (!was_abandoned) return Status::ok;
    freed_.notify_one();  // the lock is still free
    return Status::abandoned;
}

bool SharedLock::release() {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!can_be_released()) return false;
        if (depth_ > 1) {
            --depth_;
            return true;
        }
        set_free();
    }
    freed_.notify_one();
    return true;
}

std::size_t SharedLock::release_all() {
    std::size_t depth = 0;
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!can_be_released()) return 0;
        depth = depth_;
        set_free();
    }
    freed_.notify_one();
    return depth;
}

// Call with the mutex locked.
void SharedLock::set_free() {
    depth_ = 0;
    owner_ = 0;
}

// Call with the mutex locked.
void SharedLock::abandon() {
    set_free();
    abandoned_ = true;
}

void SharedLock::interpreter_ended(Holder interpreter) noexcept {
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (depth_ == 0 || interpreter_ != interpreter) return;
        abandon();
    }
    freed_.notify_one();
}

void SharedLock::forked() noexcept {
    constexpr Holder kMain = 0;
    freed_.reset_after_fork();
    if (depth_ > 0 && interpreter_ != kMain) abandon();
}

Status LockWait::slice(Deadline until) noexcept {
    spin_once([this] { return !lock->locked(); });
    return lock->acquire(interpreter, depth, until);
}

}  // namespace subinterp
