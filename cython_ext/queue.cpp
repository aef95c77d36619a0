#include "queue.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

namespace subinterp {

namespace {

using Clock = std::chrono::steady_clock;

// As Wait::look_first, with the mutex held: it is given up only while nothing has changed.
constexpr std::chrono::microseconds kSpin{40};

}  // namespace

Outcome QueueWait::slice(Moment until) {
    const bool may_spin = std::exchange(fresh_, false);
    if (awaited == Awaited::room) return queue->put(*item, until, may_spin);
    return awaited == Awaited::item ? queue->get(*item, until, may_spin) : queue->join(until, may_spin);
}

Outcome Watch::slice(Moment until) { return queue->wait(*this, until); }

void Queue::forked() {
    for (Sleepers *sleepers : {&getters_, &putters_, &joiners_, &item_watchers_, &room_watchers_}) {
        sleepers->room.forget_sleepers();
        sleepers->count = 0;
    }
}

void Queue::describe(SharedInfo &info) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    info.nbytes = weight_;
}

std::size_t Queue::size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return items_.size();
}

bool Queue::is_full() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return reaches_limit();
}

bool Queue::is_shut_down() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return shut_;
}

bool Queue::reaches_limit() const {
    return (maxsize > 0 && items_.size() >= static_cast<std::size_t>(maxsize)) ||
           (maxbytes > 0 && weight_ >= static_cast<std::size_t>(maxbytes));
}

bool Queue::has_room(std::size_t weight) const {
    if (items_.empty()) return true;  // what is larger than the whole queue passes alone
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

// Watchers are notified besides, not instead: they take nothing, so a notification that only they get might be lost.
void Queue::leave_with_item_added(Lock &lock) {
    const bool getter = getters_.count > 0, watcher = item_watchers_.count > 0;
    lock.unlock();
    if (getter) getters_.room.wake_one();
    if (watcher) item_watchers_.room.wake_one();
}

void Queue::leave_with_item_taken(Lock &lock) {
    const bool putters = putters_.count > 0, watchers = room_watchers_.count > 0;
    lock.unlock();
    if (maxbytes > 0) {
        // The room may be enough for several, or for another than the first.
        if (putters) putters_.room.wake_all();
        if (watchers) room_watchers_.room.wake_all();
    } else {
        if (putters) putters_.room.wake_one();
        if (watchers) room_watchers_.room.wake_one();
    }
}

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
bool Queue::await(Lock &lock, Sleepers &sleepers, Moment until, bool may_spin, Predicate predicate) {
    if (may_spin && spin(lock, predicate)) return true;
    ++sleepers.count;
    const bool came = sleepers.room.wait(lock, until, predicate);
    --sleepers.count;
    return came;
}

Outcome Queue::try_put(Item &item) {
    Lock lock(mutex_);
    if (shut_) return Outcome::shut_down;
    if (!has_room(item.weight())) return Outcome::not_yet;
    if (!append(item)) return Outcome::no_memory;
    leave_with_item_added(lock);
    return Outcome::done;
}

Outcome Queue::try_get(Item &item) {
    Lock lock(mutex_);
    if (items_.empty()) return shut_ ? Outcome::shut_down : Outcome::not_yet;
    take(item);
    leave_with_item_taken(lock);
    return Outcome::done;
}

Outcome Queue::put(Item &item, Moment until, bool may_spin) {
    Lock lock(mutex_);
    const std::size_t weight = item.weight();
    if (!await(lock, putters_, until, may_spin, [&] { return shut_ || has_room(weight); })) return Outcome::not_yet;
    if (shut_) return Outcome::shut_down;
    if (!append(item)) return Outcome::no_memory;
    leave_with_item_added(lock);
    return Outcome::done;
}

Outcome Queue::get(Item &item, Moment until, bool may_spin) {
    Lock lock(mutex_);
    if (!await(lock, getters_, until, may_spin, [&] { return shut_ || !items_.empty(); })) return Outcome::not_yet;
    if (is_over()) return Outcome::shut_down;
    take(item);
    leave_with_item_taken(lock);
    return Outcome::done;
}

Outcome Queue::join(Moment until, bool may_spin) {
    Lock lock(mutex_);
    return await(lock, joiners_, until, may_spin, [&] { return unfinished_ == 0; }) ? Outcome::done : Outcome::not_yet;
}

Outcome Queue::wait(Watch &watch, Moment until) {
    Lock lock(mutex_);
    Sleepers &sleepers = watch.for_room ? room_watchers_ : item_watchers_;
    const bool came = await(lock, sleepers, until, false, [&] {
        return watch.cancelled_ || shut_ || (watch.for_room ? has_room(watch.weight) : !items_.empty());
    });
    if (watch.cancelled_) return Outcome::cancelled;
    return came ? Outcome::done : Outcome::not_yet;
}

void Queue::cancel(Watch &watch) {
    Lock lock(mutex_);
    watch.cancelled_ = true;
    // All of them: the one that is meant, and those for whom a notification is that it has had and will not use.
    Sleepers &sleepers = watch.for_room ? room_watchers_ : item_watchers_;
    lock.unlock();
    sleepers.room.wake_all();
}

void Queue::give_back(Item &item) {
    Lock lock(mutex_);
    const std::size_t weight = item.weight();
    if (dropped_ || !push_front(item)) {
        finish_tasks(1);
        return;
    }
    weight_ += weight;
    changed();
    leave_with_item_added(lock);
}

// Never more than there are: tasks may have been called done before their items were taken.
void Queue::finish_tasks(std::size_t number) {
    unfinished_ -= std::min(number, unfinished_);
    if (unfinished_ > 0) return;
    changed();
    if (joiners_.count > 0) joiners_.room.wake_all();
}

bool Queue::task_done() {
    const Lock lock(mutex_);
    if (unfinished_ == 0) return false;
    finish_tasks(1);
    return true;
}

void Queue::notify_everybody() {
    for (Sleepers *sleepers : {&getters_, &putters_, &joiners_, &item_watchers_, &room_watchers_}) {
        sleepers->room.wake_all();
    }
}

void Queue::shutdown(bool immediate) {
    std::deque<Item> dropped;  // destroyed after the mutex was released, as items must be
    const Lock lock(mutex_);
    shut_ = true;
    if (immediate) {
        dropped_ = true;
        dropped.swap(items_);
        weight_ = 0;
        finish_tasks(dropped.size());
    }
    changed();
    notify_everybody();
}

}  // namespace subinterp
