// A first-in, first-out queue between the threads of all interpreters. Knows nothing of Python.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "queue_item.hpp"
#include "waiting.hpp"

namespace subinterp {

class Queue;

enum class Awaited : int { room, item, tasks_done };

// The wait of a blocking call. It puts or takes the item in the very critical section that finds it possible: so nobody
// is notified who does not use it, unless somebody else was faster.
class QueueWait final : public Wait {
  public:
    Queue *queue = nullptr;
    Awaited awaited = Awaited::item;
    Item *item = nullptr;
    Outcome slice(Moment until) override;

  private:
    bool fresh_ = true;  // its first slice may begin with a spin
};

// The wait of a coroutine, which a thread makes for it: it takes nothing, and anybody can end it.
class Watch final : public Wait {
  public:
    Queue *queue = nullptr;
    bool for_room = false;   // else for an item
    std::size_t weight = 0;  // of what needs the room
    Outcome slice(Moment until) override;

  private:
    friend class Queue;
    bool cancelled_ = false;  // guarded by the queue's mutex
};

class Queue final : public Shared {
  public:
    static constexpr Kind kKind = Kind::queue;

    const std::int64_t maxsize;   // items; 0 or less: no limit
    const std::int64_t maxbytes;  // of all items' weights; 0 or less: no limit

    Queue(std::int64_t items, std::int64_t bytes) : Shared(kKind), maxsize(items), maxbytes(bytes) {}
    std::mutex *guard() override { return &mutex_; }
    void forked() override;
    void describe(SharedInfo &info) const override;

    // These move the item only if they return `done`.
    Outcome try_put(Item &item);
    Outcome try_get(Item &item);

    // One slice of a wait each, without the GIL; `not_yet` when it was in vain.
    Outcome put(Item &item, Moment until, bool may_spin);
    Outcome get(Item &item, Moment until, bool may_spin);
    Outcome join(Moment until, bool may_spin);
    Outcome wait(Watch &watch, Moment until);

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
    // A room, and how many threads sleep in it: most of the time nobody does, and nobody is to be notified.
    struct Sleepers {
        WaitingRoom room;
        int count = 0;
    };

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
    bool await(Lock &lock, Sleepers &sleepers, Moment until, bool may_spin, Predicate predicate);
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
