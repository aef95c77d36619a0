// The queue: order, limits, join, watches, shutdown, and the holds of the items in it.
#include <array>

#include "check.hpp"
#include "shared/block.hpp"
#include "shared/queue.hpp"

using namespace subinterp;

namespace {

constexpr int kProducers = 3;
constexpr int kConsumers = 3;
constexpr int kItems = 2000;  // per producer

Status wait_for_queue(Queue *queue, Awaited awaited, Item *item = nullptr) {
    QueueWait wait;
    wait.queue = queue;
    wait.awaited = awaited;
    wait.item = item;
    return finish_wait(wait);
}

Item numbered(int producer, int number, const Held<Block> &pinned) {
    Item item;
    const std::array<int, 2> value{producer, number};
    if (number % 3) {
        item.copy_in(Tag::bytes, value.data(), sizeof value);
    } else {
        item.set_integer(Tag::integer, (std::int64_t{producer} << 32) | number);
    }
    if (number % 10 == 0) CHECK(shared_pin(pinned->id(), item.pins));
    return item;
}

std::array<int, 2> value_of(const Item &item) {
    std::array<int, 2> value{static_cast<int>(item.integer >> 32), static_cast<int>(item.integer)};
    if (item.tag == Tag::bytes) item.copy_out(value.data());
    return value;
}

void produce(Queue *queue, int producer, const Held<Block> &pinned) {
    for (int number = 0; number < kItems; ++number) {
        Item item = numbered(producer, number, pinned);
        Status status = number % 2 ? queue->try_put(item) : Status::timeout;
        if (status == Status::timeout) status = wait_for_queue(queue, Awaited::room, &item);
        CHECK(status == Status::ok);
    }
}

// Takes items until the queue is shut down; each consumer sees the items of one producer in order. Returns their
// number.
int consume(Queue *queue) {
    std::array<int, kProducers> last;
    last.fill(-1);
    for (int taken = 0;; ++taken) {
        Item item;
        Status status = taken % 2 ? queue->try_get(item) : Status::timeout;
        if (status == Status::timeout) status = wait_for_queue(queue, Awaited::item, &item);
        if (status == Status::shut_down) return taken;
        CHECK(status == Status::ok);
        const auto [producer, number] = value_of(item);
        CHECK(number > last[static_cast<std::size_t>(producer)]);
        last[static_cast<std::size_t>(producer)] = number;
        CHECK(queue->task_done());
    }
}

void look_at(const Queue *queue) {
    CHECK(shared_list().size() >= 1);
    static_cast<void>(queue->is_full() || queue->is_shut_down());
}

void test_all_items_arrive_in_order(std::int64_t maxsize, std::int64_t maxbytes) {
    Held<Block> pinned;
    CHECK(block_create(8, "q", {1}, 0, pinned) == Status::ok);
    Held<Queue> queue;
    queue.make(0, maxsize, maxbytes);
    std::atomic<int> producing{kProducers}, taken{0};
    const Background observer([&] {
        look_at(queue.get());
        if (maxsize > 0) CHECK(queue->size() <= static_cast<std::size_t>(maxsize));
    });
    in_threads(kProducers + kConsumers, [&](int number) {
        if (number >= kProducers) {
            taken += consume(queue.get());
            return;
        }
        produce(queue.get(), number, pinned);
        if (--producing > 0) return;
        CHECK(wait_for_queue(queue.get(), Awaited::tasks_done) == Status::ok);
        CHECK(queue->shutdown(false) == Status::ok);
    });
    CHECK(taken == kProducers * kItems && queue->size() == 0 && !queue->task_done());
    CHECK(shared_list().back().kind == Kind::queue && shared_list().back().nbytes == 0);
}

void test_the_only_waiting_thread_is_notified() {
    Held<Queue> there, back;
    there.make(0, std::int64_t{1}, std::int64_t{0});
    back.make(0, std::int64_t{1}, std::int64_t{0});
    in_threads(2, [&](int number) {
        for (int round = 0; round < kItems / 8; ++round) {
            Item item;
            if (number == 1) CHECK(wait_for_queue(there.get(), Awaited::item, &item) == Status::ok);
            sleep_briefly();
            CHECK(wait_for_queue((number ? back : there).get(), Awaited::room, &item) == Status::ok);
            if (number == 0) CHECK(wait_for_queue(back.get(), Awaited::item, &item) == Status::ok);
        }
    });
}

// Consumers as coroutines are: they watch the queue, then take without waiting.
void test_watchers_see_items_and_room() {
    Held<Queue> queue;
    queue.make(0, std::int64_t{2}, std::int64_t{0});
    std::atomic<int> taken{0};
    in_threads(4, [&](int number) {
        const bool puts = number < 2;
        for (int done = 0; done < kItems;) {
            Item item;
            item.set_integer(Tag::integer, done);
            const Status status = puts ? queue->try_put(item) : queue->try_get(item);
            if (status == Status::ok) {
                ++done;
                taken += puts ? 0 : 1;
                continue;
            }
            Watch watch;
            watch.queue = queue.get();
            watch.for_room = puts;
            watch.weight = item.weight();
            finish_wait(watch, deadline_after(0.005));  // it takes nothing, so another thread may be faster for ever
        }
    });
    CHECK(taken == 2 * kItems && queue->size() == 0);
}

void test_a_watch_can_be_cancelled_at_any_time() {
    Held<Queue> queue;
    queue.make(0, std::int64_t{0}, std::int64_t{0});
    for (int round = 0; round < kItems / 4; ++round) {
        Watch watch;
        watch.queue = queue.get();
        in_threads(3, [&](int number) {
            Item item;
            if (number == 0) CHECK(finish_wait(watch, deadline_after(60)) != Status::timeout);
            if (number == 1) queue->cancel(watch);
            if (number == 2) {
                CHECK(queue->try_put(item) == Status::ok);
                CHECK(queue->try_get(item) == Status::ok);
                if (round % 2) queue->put_back(item);
                if (round % 2) CHECK(queue->try_get(item) == Status::ok);
            }
        });
    }
}

void test_an_immediate_shutdown_ends_all_waits_and_drops_the_items() {
    Held<Block> pinned;
    CHECK(block_create(8, "q", {1}, 0, pinned) == Status::ok);
    for (int round = 0; round < kItems / 6; ++round) {
        Held<Queue> queue;
        queue.make(0, std::int64_t{3}, std::int64_t{0});
        in_threads(6, [&](int number) {
            Held<Queue> own;
            own.share(number, queue.get());
            for (Status status = Status::ok; status == Status::ok;) {
                Item item = numbered(0, number * 10, pinned);
                Item kept;
                if (number == 0) status = wait_for_queue(own.get(), Awaited::tasks_done);
                if (number == 1) status = own->shutdown(true);
                if (number == 2) status = wait_for_queue(own.get(), Awaited::item, &kept);
                if (number == 2 && status == Status::ok) own->put_back(kept);
                if (number > 2) status = wait_for_queue(own.get(), Awaited::room, &item);
                CHECK(status == Status::ok || status == Status::shut_down);
                if (number < 2) return;
            }
        });
        CHECK(queue->is_shut_down() && queue->size() == 0);
    }
}

}  // namespace

int main() {
    test_all_items_arrive_in_order(0, 0);
    test_all_items_arrive_in_order(4, 0);
    test_all_items_arrive_in_order(0, 64);
    test_the_only_waiting_thread_is_notified();
    test_watchers_see_items_and_room();
    test_a_watch_can_be_cancelled_at_any_time();
    test_an_immediate_shutdown_ends_all_waits_and_drops_the_items();
    CHECK(shared_count() == 0 && block_bytes() == 0);
}
