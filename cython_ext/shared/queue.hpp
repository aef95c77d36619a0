// A first-in, first-out queue between the threads of all interpreters. Knows nothing of Python.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "shared/queue_item.hpp"
#include "wait/wait.hpp"

namespace subinterp {

class Queue;

enum class Awaited : int { room, item, tasks_done };

// The wait of a blocking call. It puts or takes the item in the critical section that finds it possible, so that a
// notification is used unless another thread was faster.
class QueueWait final : public Wait {
  public:
    Queue *queue = nullptr;
    Awaited awaited = Awaited::item;
    Item *item = nullptr;
    Status slice(Deadline until) noexcept override;

  private:
    bool fresh_ = true;  // the first slice may spin
};

// The wait of a thread for a coroutine. It takes nothing out of the queue, and any thread can cancel it.
class Watch final : public Wait {
  public:
    Queue *queue = nullptr;
    bool for_room = false;   // otherwise for an item
    std::size_t weight = 0;  // of the item that needs the room
    Status slice(Deadline until) noexcept override;

  private:
    friend class Queue;
    bool cancelled_ = false;  // guarded by the queue's mutex
};

class Queue final : public Shared {
  public:
    static constexpr Kind kKind = Kind::queue;

    const std::int64_t maxsize;   // items; 0 or less: no limit
    const std::int64_t maxbytes;  // of the weights of all items; 0 or less: no limit

    Queue(std::int64_t items, std::int64_t bytes) : Shared(kKind), maxsize(items), maxbytes(bytes) {}
    std::mutex *guard() noexcept override { return &mutex_; }
    void forked() noexcept override;
    void describe(SharedObjectInfo &info) const override;

    // These move the item only if they return Status::ok. Status::timeout: the queue is full, or empty.
    Status try_put(Item &item) noexcept;
    Status try_get(Item &item) noexcept;

    // One slice of a wait each. Call without the GIL.
    Status put(Item &item, Deadline until, bool may_spin) noexcept;
    Status get(Item &item, Deadline until, bool may_spin) noexcept;
    Status join(Deadline until, bool may_spin) noexcept;
    Status wait(Watch &watch, Deadline until) noexcept;

    void cancel(Watch &watch) noexcept;
    // Puts an item that could not be used back at the front, unless a shutdown emptied the queue.
    void put_back(Item &item) noexcept;
    // Returns false if all tasks are done.
    bool task_done() noexcept;
    // Returns Status::ok or Status::no_memory.
    Status shutdown(bool immediate) noexcept;

    std::size_t size() const noexcept;
    bool is_full() const noexcept;
    bool is_shut_down() const noexcept;

  private:
    using Lock = std::unique_lock<std::mutex>;
    // A condition and the number of threads that wait for it: usually none, and then it need not be notified.
    struct Waiters {
        ForkSafeCondition condition;
        int count = 0;
    };

    // Call all of these with the mutex locked.
    bool reaches_limit() const;
    bool has_room(std::size_t weight) const;
    bool is_over() const { return shut_ && items_.empty(); }
    bool append(Item &item);
    bool push_front(Item &item);
    void take(Item &item);
    void finish_tasks(std::size_t number);
    void changed() { changes_.store(changes_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    void notify_all();

    // Call these with the mutex locked. They unlock it and notify the threads that can continue.
    void unlock_after_put(Lock &lock);
    void unlock_after_get(Lock &lock);

    template <typename Predicate>
    bool await(Lock &lock, Waiters &waiters, Deadline until, bool may_spin, Predicate predicate);
    template <typename Predicate>
    bool spin(Lock &lock, Predicate predicate);

    mutable std::mutex mutex_;  // guards all that follows
    std::deque<Item> items_;
    std::size_t weight_ = 0;
    std::size_t unfinished_ = 0;
    bool shut_ = false;
    bool dropped_ = false;  // shut down, and the items were dropped
    Waiters getters_, putters_, joiners_, item_watchers_, room_watchers_;
    alignas(64) std::atomic<std::uint32_t> changes_{0};  // what threads spin on: not in the cache line of the mutex
};

}  // namespace subinterp
