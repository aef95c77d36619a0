// The table of shared objects and the blocks: holds, stale ids, the limit, and the locks of a fork.
#include <array>

#include "check.hpp"
#include "shared/atomic.hpp"
#include "shared/block.hpp"
#include "shared/lock.hpp"

using namespace subinterp;

namespace {

constexpr int kThreads = 6;
constexpr int kRounds = 6000;

using Ids = std::array<std::atomic<std::uint64_t>, 8>;

void list_all() {
    for (const SharedObjectInfo &row : shared_list()) {
        std::int64_t total = 0;
        for (const auto &hold : row.holds) total += hold.second;
        CHECK(row.id != 0 && total > 0);
    }
    CHECK(shared_count() >= 0);
}

// Replaces objects that other threads may be using, and uses theirs.
void replace_and_use(Ids &ids, int number) {
    for (int round = 0; round < kRounds; ++round) {
        std::atomic<std::uint64_t> &place = ids[static_cast<std::size_t>(number * 31 + round) % ids.size()];
        Held<AtomicCell> found;
        if (found.find(number, place, Kind::atomic_int)) {
            found->word += 1;
            Held<AtomicCell> again;
            again.share(number, found.get());
            CHECK(again->word >= 1);
        }
        std::vector<SharedRef> pins;
        if (shared_pin(place, pins)) pins.push_back(pins.front());
        if (round % 5) continue;
        Held<AtomicCell> made;
        made.make(number, Kind::atomic_int, Word{0});
        place = made->id();
        CHECK(!found.find(number, made->id(), Kind::atomic_flag));
    }
}

void test_an_object_lives_as_long_as_a_hold() {
    Ids ids{};
    const Background lister(list_all);
    in_threads(kThreads, [&](int number) { replace_and_use(ids, number); });
    CHECK(shared_count() == 0);
    Held<AtomicCell> none;
    for (const auto &id : ids) CHECK(!none.find(0, id, Kind::atomic_int));
}

void test_the_id_of_a_deleted_object_finds_nothing() {
    in_threads(kThreads, [&](int number) {
        std::uint64_t old = 0;
        for (int round = 0; round < kRounds; ++round) {
            Held<AtomicCell> cell, found;
            cell.make(number, Kind::atomic_flag, Word{0});  // in a slot that was used before
            CHECK(!found.find(number, old, Kind::atomic_flag));
            old = cell->id();
        }
    });
}

void test_a_fork_waits_for_all_guards() {
    const Background forks([] {
        shared_before_fork();
        shared_after_fork_in_parent();
    });
    const Background lister(list_all);
    Held<SharedLock> common;
    common.make(0, false);
    std::uint64_t counter = 0;
    in_threads(kThreads, [&](int number) {
        for (int round = 0; round < kRounds / 10; ++round) {
            Held<SharedLock> own;
            own.make(number, true);
            CHECK(own->try_acquire(number, 1) == Status::ok);
            CHECK(common->acquire(number, 1, kNever) == Status::ok);
            ++counter;
            CHECK(common->release() && own->release());
        }
    });
    CHECK(counter == static_cast<std::uint64_t>(kThreads) * (kRounds / 10));
}

void test_blocks_stay_below_the_limit() {
    constexpr std::size_t kSmall = 1000;
    constexpr std::size_t kMapped = 1 << 20;
    constexpr std::int64_t kLimit = 3 * static_cast<std::int64_t>(kMapped);
    set_block_limit(kLimit);
    CHECK(block_limit() == kLimit);
    in_threads(kThreads, [&](int number) {
        for (int round = 0; round < kRounds / 10; ++round) {
            const std::size_t nbytes = round % 2 ? kSmall : kMapped;
            Held<Block> block;
            const Status status = block_create(nbytes, "B", {static_cast<std::int64_t>(nbytes)}, number, block);
            CHECK(status == Status::ok || status == Status::over_limit);
            if (status != Status::ok) continue;
            auto *const bytes = static_cast<unsigned char *>(block->data);
            CHECK(bytes[0] == 0 && bytes[nbytes - 1] == 0);
            bytes[0] = bytes[nbytes - 1] = 1;
            CHECK(block_bytes() <= static_cast<std::size_t>(kLimit));
        }
    });
    set_block_limit(-1);
    CHECK(block_bytes() == 0 && shared_count() == 0);
}

// The id is passed without any order of memory: the table alone makes the new block visible.
void test_a_new_block_is_complete_for_the_thread_that_finds_it() {
    for (int round = 0; round < kRounds / 20; ++round) {
        std::atomic<std::uint64_t> id{0};
        std::atomic<bool> found{false};
        in_threads(2, [&](int number) {
            Held<Block> block;
            if (number == 0) {
                CHECK(block_create(64, "q", {8}, 0, block) == Status::ok);
                id.store(block->id(), std::memory_order_relaxed);
                while (!found) std::this_thread::yield();
            } else {
                while (!block.find(1, id.load(std::memory_order_relaxed), Kind::memory)) std::this_thread::yield();
                CHECK(*static_cast<std::int64_t *>(block->data) == 0 && block->format == "q");
                found = true;
            }
        });
    }
    CHECK(block_bytes() == 0 && shared_count() == 0);
}

}  // namespace

int main() {
    test_an_object_lives_as_long_as_a_hold();
    test_the_id_of_a_deleted_object_finds_nothing();
    test_a_fork_waits_for_all_guards();
    test_blocks_stay_below_the_limit();
    test_a_new_block_is_complete_for_the_thread_that_finds_it();
}
