#include "shared/queue.hpp"

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

namespace subinterp {

Status QueueWait::slice(Deadline until) noexcept {
    const bool may_spin = std::exchange(fresh_, false);
    if (awaited == Awaited::room) return queue->put(*item, until, may_spin);
    return awaited == Awaited::item ? queue->get(*item, until, may_spin) : queue->join(until, may_spin);
}

Status Watch::slice(Deadline until) noexcept { return queue->wait(*this, until); }

void Queue::forked() noexcept {
    for (Waiters *waiters : {&getters_, &putters_, &joiners_, &item_watchers_, &room_watchers_}) {
        waiters->condition.reset_after_fork();
        waiters->count = 0;
    }
}

void Queue::describe(SharedObjectInfo &info) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    info.nbytes = weight_;
}

std::size_t Queue::size() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return items_.size();
}

bool Queue::is_full() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return reaches_limit();
}

bool Queue::is_shut_down() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return shut_;
}

bool Queue::reaches_limit() const {
    return (maxsize > 0 && items_.size() >= static_cast<std::size_t>(maxsize)) ||
           (maxbytes > 0 && weight_ >= static_cast<std::size_t>(maxbytes));
}

bool Queue::has_room(std::size_t weight) const {
    if (items_.empty()) return true;  // an item larger than the limit is put alone
    if (reaches_limit()) return false;
    return maxbytes <= 0 || weight <= static_cast<std::size_t>(maxbytes) - weight_;
}

bool Queue::append(Item &item) {
    const std::size_t weight = item.weight();
    try {
        items_.push_back(std::move(item));
    } catch (const std::bad_alloc &) {
        return false;
    }
    weight_ += weight;
    ++unfinished_;
    changed();
    return true;
}

bool Queue::push_front(Item &item) {
    try {
        items_.push_front(std::move(item));
    } catch (const std::bad_alloc &) {
        return false;
    }
    return true;
}

void Queue::take(Item &item) {
    item = std::move(items_.front());
    items_.pop_front();
    weight_ -= item.weight();
    changed();
}

// A watcher is notified in addition to a getter, not instead: it takes nothing, so the item could stay in the queue.
void Queue::unlock_after_put(Lock &lock) {
    const bool getter = getters_.count > 0, watcher = item_watchers_.count > 0;
    lock.unlock();
    if (getter) getters_.condition.notify_one();
    if (watcher) item_watchers_.condition.notify_one();
}

void Queue::unlock_after_get(Lock &lock) {
    const bool putters = putters_.count > 0, watchers = room_watchers_.count > 0;
    lock.unlock();
    if (maxbytes > 0) {
        // The room may be enough for several items, or for another than the first.
        if (putters) putters_.condition.notify_all();
        if (watchers) room_watchers_.condition.notify_all();
    } else {
        if (putters) putters_.condition.notify_one();
        if (watchers) room_watchers_.condition.notify_one();
    }
}

// Like Wait::spin_once, but the mutex is locked whenever the predicate is called, and unlocked between.
template <typename Predicate>
bool Queue::spin(Lock &lock, Predicate predicate) {
    const auto until = Clock::now() + kSpin;
    while (!predicate()) {
        const std::uint32_t seen = changes_.load(std::memory_order_relaxed);
        lock.unlock();
        bool over = false;
        while (changes_.load(std::memory_order_acquire) == seen && !over) {
            std::this_thread::yield();
            over = Clock::now() >= until;
        }
        lock.lock();
        if (over) return predicate();
    }
    return true;
}

template <typename Predicate>
bool Queue::await(Lock &lock, Waiters &waiters, Deadline until, bool may_spin, Predicate predicate) {
    if (may_spin && spin(lock, predicate)) return true;
    ++waiters.count;
    const bool came = waiters.condition.wait_until(lock, until, predicate);
    --waiters.count;
    return came;
}

Status Queue::try_put(Item &item) noexcept {
    Lock lock(mutex_);
    if (shut_) return Status::shut_down;
    if (!has_room(item.weight())) return Status::timeout;
    if (!append(item)) return Status::no_memory;
    unlock_after_put(lock);
    return Status::ok;
}

Status Queue::try_get(Item &item) noexcept {
    Lock lock(mutex_);
    if (items_.empty()) return shut_ ? Status::shut_down : Status::timeout;
    take(item);
    unlock_after_get(lock);
    return Status::ok;
}

Status Queue::put(Item &item, Deadline until, bool may_spin) noexcept {
    Lock lock(mutex_);
    const std::size_t weight = item.weight();
    if (!await(lock, putters_, until, may_spin, [&] { return shut_ || has_room(weight); })) return Status::timeout;
    if (shut_) return Status::shut_down;
    if (!append(item)) return Status::no_memory;
    unlock_after_put(lock);
    return Status::ok;
}

Status Queue::get(Item &item, Deadline until, bool may_spin) noexcept {
    Lock lock(mutex_);
    if (!await(lock, getters_, until, may_spin, [&] { return shut_ || !items_.empty(); })) return Status::timeout;
    if (is_over()) return Status::shut_down;
    take(item);
    unlock_after_get(lock);
    return Status::ok;
}

Status Queue::join(Deadline until, bool may_spin) noexcept {
    Lock lock(mutex_);
    return await(lock, joiners_, until, may_spin, [&] { return unfinished_ == 0; }) ? Status::ok : Status::timeout;
}

Status Queue::wait(Watch &watch, Deadline until) noexcept {
    Lock lock(mutex_);
    Waiters &waiters = watch.for_room ? room_watchers_ : item_watchers_;
    const bool came = await(lock, waiters, until, false, [&] {
        return watch.cancelled_ || shut_ || (watch.for_room ? has_room(watch.weight) : !items_.empty());
    });
    if (watch.cancelled_) return Status::cancelled;
    return came ? Status::ok : Status::timeout;
}

void Queue::cancel(Watch &watch) noexcept {
    Lock lock(mutex_);
    watch.cancelled_ = true;
    // Notify all: this watcher, and the one that should get a notification which this watcher got but will not use.
    Waiters &waiters = watch.for_room ? room_watchers_ : item_watchers_;
    lock.unlock();
    waiters.condition.notify_all();
}

void Queue::put_back(Item &item) noexcept {
    Lock lock(mutex_);
    const std::size_t weight = item.weight();
    if (dropped_ || !push_front(item)) {
        finish_tasks(1);
        return;
    }
    weight_ += weight;
    changed();
    unlock_after_put(lock);
}

// At most `unfinished_`: task_done() may have been called before the items were taken.
void Queue::finish_tasks(std::size_t number) {
    unfinished_ -= std::min(number, unfinished_);
    if (unfinished_ > 0) return;
    changed();
    if (joiners_.count > 0) joiners_.condition.notify_all();
}

bool Queue::task_done() noexcept {
    const Lock lock(mutex_);
    if (unfinished_ == 0) return false;
    finish_tasks(1);
    return true;
}

void Queue::notify_all() {
    for (Waiters *waiters : {&getters_, &putters_, &joiners_, &item_watchers_, &room_watchers_}) {
        waiters->condition.notify_all();
    }
}

Status Queue::shutdown(bool immediate) noexcept try {
    std::deque<Item> dropped;  // destroyed after the mutex is unlocked, as items must be
    const Lock lock(mutex_);
    shut_ = true;
    if (immediate) {
        dropped_ = true;
        dropped.swap(items_);
        weight_ = 0;
        finish_tasks(dropped.size());
    }
    changed();
    notify_all();
    return Status::ok;
} catch (const std::bad_alloc &) {  // a std::deque allocates, even an empty one
    return Status::no_memory;
}

}  // namespace subinterp
