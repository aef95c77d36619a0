// Lock, condition, semaphore, barrier and event. The data they protect is not atomic: ThreadSanitizer sees a lock that
// does not lock.
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "check.hpp"
#include "shared/barrier.hpp"
#include "shared/condition.hpp"
#include "shared/event.hpp"
#include "shared/held.hpp"
#include "shared/semaphore.hpp"

using namespace subinterp;

namespace {

constexpr int kThreads = 5;
constexpr int kRounds = 400;

Status acquire(SharedLock *lock, int interpreter, Deadline until = kNever) {
    LockWait wait;
    wait.lock = lock;
    wait.interpreter = interpreter;
    return finish_wait(wait, until);
}

void test_deadlines() {
    CHECK(deadline_after(std::numeric_limits<double>::infinity()) == kNever);
    CHECK(deadline_after(std::nan("")) == kNever && deadline_after(1e300) == kNever);
    CHECK(has_passed(deadline_after(-1)) && has_passed(kImmediately) && !has_passed(kNever));
    CHECK(slice_end(kImmediately) == kImmediately && slice_end(kNever) > Clock::now());
}

void test_a_lock_excludes_all_others(bool recursive) {
    Held<SharedLock> lock;
    lock.make(0, recursive);
    int counter = 0;
    std::atomic<int> acquired{0};
    const Background observer([&] { static_cast<void>(lock->locked() && lock->is_mine()); });
    in_threads(kThreads, [&](int number) {
        for (int round = 0; round < kRounds; ++round) {
            const Status status = acquire(lock.get(), number, round % 7 ? kNever : deadline_after(0.0001));
            CHECK(status == Status::ok || (status == Status::timeout && round % 7 == 0));
            if (status != Status::ok) continue;
            if (recursive) CHECK(lock->try_acquire(number, 2) == Status::ok);
            ++counter;
            ++acquired;
            if (round % 8 == 0) sleep_briefly();
            CHECK(lock->release_all() == (recursive ? 3U : 1U));
        }
    });
    CHECK(counter == acquired && !lock->locked() && !lock->release());
}

void test_an_abandoned_lock_is_reported_once() {
    Held<SharedLock> lock;
    for (int round = 0; round < kRounds / 4; ++round) {
        lock.make(0, true);
        in_threads(1, [&](int) { CHECK(acquire(lock.get(), 7) == Status::ok); });  // its owner ends
        std::atomic<int> reports{0};
        in_threads(kThreads, [&](int number) {
            if (number == 0) shared_interpreter_ended(7);
            const Status status = acquire(lock.get(), number);
            CHECK(status == Status::ok || status == Status::abandoned);
            if (status == Status::abandoned) {
                ++reports;
                CHECK(acquire(lock.get(), number) == Status::ok);
            }
            CHECK(lock->release());
        });
        CHECK(reports == 1);
    }
}

// Waits for the predicate as Python's Condition.wait_for does.
template <typename Ready>
void wait_for_notification(SharedCondition &condition, int interpreter, Ready ready) {
    while (!ready()) {
        ConditionWait wait;
        wait.interpreter = interpreter;
        condition.enter(wait);
        const std::size_t depth = condition.lock()->release_all();
        finish_wait(wait, interpreter % 2 ? kNever : deadline_after(0.001));
        condition.leave(wait, false);
        CHECK(condition.lock()->acquire(interpreter, depth, kNever) == Status::ok);
    }
}

void test_a_condition_wakes_its_threads_in_order() {
    Held<SharedLock> lock;
    lock.make(0, false);
    shared_hold(lock.get(), kInFlight);
    Held<SharedCondition> condition;
    condition.make(0, SharedRef(lock.get()));
    int turn = 0;
    const Background ended([] { shared_interpreter_ended(99); });
    in_threads(kThreads, [&](int number) {
        for (int round = 0; round < kRounds / 4; ++round) {
            CHECK(lock->acquire(number, 1, kNever) == Status::ok);
            wait_for_notification(*condition.get(), number, [&] { return turn % kThreads == number; });
            ++turn;
            condition->notify(kThreads);
            CHECK(lock->release());
        }
    });
    CHECK(turn == kThreads * (kRounds / 4));
}

void test_a_notification_is_not_lost_with_a_wait_that_failed() {
    Held<SharedLock> lock;
    lock.make(0, false);
    shared_hold(lock.get(), kInFlight);
    Held<SharedCondition> condition;
    condition.make(0, SharedRef(lock.get()));
    for (int round = 0; round < kRounds; ++round) {
        auto failing = std::make_unique<ConditionWait>();
        condition->enter(*failing);
        ConditionWait kept;
        condition->enter(kept);
        in_threads(2, [&](int number) {
            if (number == 0) failing.reset();  // hands the notification on
            if (number == 1) condition->notify(1);
        });
        CHECK(finish_wait(kept, deadline_after(60)) == Status::ok);
        CHECK(condition->leave(kept, false));
    }
}

void test_a_semaphore_admits_as_many_as_its_value() {
    constexpr int kPermits = 2;
    Held<SharedSemaphore> semaphore;
    semaphore.make(0, std::size_t{kPermits});
    std::atomic<int> inside{0};
    in_threads(kThreads, [&](int) {
        for (int round = 0; round < kRounds; ++round) {
            SemaphoreWait wait;
            wait.semaphore = semaphore.get();
            if (!semaphore->try_acquire()) CHECK(finish_wait(wait) == Status::ok);
            CHECK(++inside <= kPermits);
            if (round % 8 == 0) sleep_briefly();
            --inside;
            CHECK(semaphore->release(1));
        }
    });
    CHECK(semaphore->value() == kPermits && !semaphore->release(std::numeric_limits<std::size_t>::max()));
}

// Crosses the barrier; the last thread of a round counts the action.
void cross(SharedBarrier &barrier, int number, int &actions) {
    BarrierWait wait;
    wait.barrier = &barrier;
    wait.interpreter = number;
    CHECK(barrier.enter(wait, kNever) == Status::ok);
    CHECK(wait.index < barrier.parties);
    if (wait.index < barrier.parties - 1) {
        CHECK(finish_wait(wait) == Status::ok);
        return;
    }
    if (++actions % 8 == 0) sleep_briefly();
    CHECK(barrier.pass(wait) == Status::ok);
}

void test_a_barrier_admits_no_more_than_its_parties() {
    constexpr int kParties = 2;
    Held<SharedBarrier> barrier;
    barrier.make(0, std::size_t{kParties}, 60.0, std::string(), std::vector<SharedRef>());
    int actions = 0;
    std::atomic<int> crossings{0};
    in_threads(kThreads, [&](int number) {
        while (crossings++ < kParties * kRounds) cross(*barrier.get(), number, actions);
    });
    CHECK(actions == kRounds);
}

void test_a_barrier_separates_rounds() {
    Held<SharedBarrier> barrier;
    barrier.make(0, std::size_t{kThreads}, 60.0, std::string(), std::vector<SharedRef>());
    std::array<int, kThreads> written{};
    int actions = 0;
    const Background observer([&] { CHECK(barrier->waiting() < kThreads && !barrier->is_broken()); });
    in_threads(kThreads, [&](int number) {
        for (int round = 0; round < kRounds; ++round) {
            written[static_cast<std::size_t>(number)] = round;
            cross(*barrier.get(), number, actions);
            for (const int each : written) CHECK(each == round);
            cross(*barrier.get(), number, actions);
        }
    });
    CHECK(actions == 2 * kRounds);
}

void test_a_broken_barrier_releases_all() {
    Held<SharedBarrier> barrier;
    barrier.make(0, std::size_t{kThreads + 1}, 60.0, std::string(), std::vector<SharedRef>());
    for (int round = 0; round < kRounds / 4; ++round) {
        in_threads(kThreads, [&](int number) {
            if (number == 0) round % 2 ? barrier->abort() : shared_interpreter_ended(1);
            BarrierWait wait;
            wait.barrier = barrier.get();
            wait.interpreter = number;
            const Deadline until = deadline_after(number == 1 ? 0.001 : 60);
            Status status = barrier->enter(wait, until);
            if (status == Status::ok) status = finish_wait(wait, until);
            if (status == Status::timeout) status = barrier->time_out(wait);
            CHECK(status == Status::broken);
        });
        CHECK(barrier->is_broken());
        barrier->reset();
    }
}

void test_an_event_that_is_cleared_at_once_wakes_all() {
    Held<SharedEvent> event;
    event.make(0);
    for (int round = 0; round < kRounds / 4; ++round) {
        std::atomic<int> entered{0};
        int data = -1;
        in_threads(kThreads, [&](int number) {
            if (number == 0) {
                while (entered < kThreads - 1) std::this_thread::yield();
                data = round;
                event->set();
                event->clear();
                return;
            }
            EventWait wait;
            event->enter(wait);
            ++entered;
            CHECK(finish_wait(wait, deadline_after(60)) == Status::ok);
            CHECK(data == round);
        });
        CHECK(!event->is_set());
    }
}

}  // namespace

int main() {
    test_deadlines();
    test_a_lock_excludes_all_others(false);
    test_a_lock_excludes_all_others(true);
    test_an_abandoned_lock_is_reported_once();
    test_a_condition_wakes_its_threads_in_order();
    test_a_notification_is_not_lost_with_a_wait_that_failed();
    test_a_semaphore_admits_as_many_as_its_value();
    test_a_barrier_separates_rounds();
    test_a_barrier_admits_no_more_than_its_parties();
    test_a_broken_barrier_releases_all();
    test_an_event_that_is_cleared_at_once_wakes_all();
    CHECK(shared_count() == 0);
}
