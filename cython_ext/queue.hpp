// A first-in, first-out queue between the threads of all interpreters. Knows nothing of Python.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "queue_item.hpp"

namespace subinterp {

enum class Outcome : int { done, blocked, shut_down, cancelled, no_memory };

enum class Awaited : int { room, item, tasks_done };

using Moment = std::chrono::steady_clock::time_point;

// When a blocking call gives up, and where it stands. Such calls wait in slices, so that their thread can look for
// signals and interrupts in between.
class Patience {
  public:
    // Seconds; negative, or more than a process lives: no limit.
    explicit Patience(double timeout = -1);

    bool is_over() const { return std::chrono::steady_clock::now() >= end_; }
    Moment end_of_slice() const;
    // True for the first slice of a wait, which may begin with a spin.
    bool is_fresh() { return fresh_ && !(fresh_ = false); }

  private:
    Moment end_;
    bool fresh_ = true;
};

// The wait of a coroutine, which a thread makes for it: it takes nothing, and anybody can end it.
struct Watch {
    bool for_room = false;   // else for an item
    std::size_t weight = 0;  // of what needs the room
    bool cancelled = false;  // guarded by the queue's mutex
};

class Queue final : public Shared {
  public:
    static constexpr Kind kKind = Kind::queue;

    const std::int64_t maxsize;   // items; 0 or less: no limit
    const std::int64_t maxbytes;  // of all items' weights; 0 or less: no limit

    Queue(std::int64_t items, std::int64_t bytes) : Shared(kKind), maxsize(items), maxbytes(bytes) {}
    std::mutex *guard() override { return &mutex_; }
    void describe(SharedInfo &info) const override;

    // These move the item only if they return `done`.
    Outcome try_put(Item &item);
    Outcome try_get(Item &item);

    // One slice of a wait, without the GIL; `blocked` when it was in vain. Fills `item`, or puts it, in the very
    // critical section that finds it possible: so nobody is notified who does not use it, unless somebody else was
    // faster.
    Outcome wait_for(Awaited awaited, Item *item, Patience &patience);
    // The same for a watch, which leaves the items to others.
    Outcome wait(Watch &watch, Patience &patience);

    void cancel(Watch &watch);
    // Puts back at the front what was taken and could not be used, unless the queue was emptied by a shutdown.
    void give_back(Item &item);
    // False when all tasks are done already.
    bool task_done();
    void shutdown(bool immediate);

    std::size_t size() const;
    bool is_full() const;
    bool is_shut_down() const;

  private:
    using Lock = std::unique_lock<std::mutex>;
    // A condition, and how many threads sleep on it: most of the time nobody does, and nobody is to be notified.
    struct Sleepers {
        std::condition_variable condition;
        int count = 0;
    };

    Outcome put(Item &item, Patience &patience);
    Outcome get(Item &item, Patience &patience);
    Outcome join(Patience &patience);

    // All of these are called with the mutex held.
    bool reaches_limit() const;
    bool has_room(std::size_t weight) const;
    bool is_over() const { return shut_ && items_.empty(); }
    bool append(Item &item);
    bool push_front(Item &item);
    void take(Item &item);
    void finish_tasks(std::size_t number);
    void changed() { changes_.store(changes_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    void notify_everybody();

    // These begin with the mutex held, release it, and notify those who can go on.
    void leave_with_item_added(Lock &lock);
    void leave_with_item_taken(Lock &lock);

    template <typename Predicate>
    bool await(Lock &lock, Sleepers &sleepers, Patience &patience, bool may_spin, Predicate predicate);
    template <typename Predicate>
    bool spin(Lock &lock, Predicate predicate);

    mutable std::mutex mutex_;  // guards all that follows
    std::deque<Item> items_;
    std::size_t weight_ = 0;
    std::size_t unfinished_ = 0;
    bool shut_ = false;
    bool dropped_ = false;  // shut down, and what was in it is gone
    Sleepers getters_, putters_, joiners_, item_watchers_, room_watchers_;
    alignas(64) std::atomic<std::uint32_t> changes_{0};  // what threads spin on, beside the cache line of the mutex
};

}  // namespace subinterp
