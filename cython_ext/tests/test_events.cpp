// The events of workers and their one reader: order, merging, the limit in bytes, and the wait for what was shown.
#include <map>
#include <memory>
#include <mutex>

#include "check.hpp"
#include "control/message_kind.hpp"
#include "control/worker.hpp"

using namespace subinterp;

namespace {

constexpr int kWorkers = 3;
constexpr int kEvents = 1500;                                   // per worker
constexpr int kDisplayed = 100;                                 // some kind that is not merged
constexpr std::size_t kSmall = 20, kLarge = kMailboxBytes / 2;  // bytes

using Workers = std::vector<WorkerPtr>;

Workers make_workers() {
    Workers workers;
    for (int number = 0; number < kWorkers; ++number) {
        workers.push_back(std::make_shared<Worker>());
        CHECK(table_add(workers.back()) == Status::ok);
        set_state(*workers.back(), State::idle);
    }
    return workers;
}

void close(const Workers &workers) {
    for (const WorkerPtr &worker : workers) set_state(*worker, State::closed);
}

// What a reader has shown, by worker: not atomic, guarded by nothing but the functions under test.
using Shown = std::map<Worker *, std::size_t>;

// Reads until the reader is stopped and counts the bytes; the texts of a worker arrive in order.
void read_events(Shown &shown) {
    for (;;) {
        WorkerPtr worker;
        std::deque<Event> events;
        std::uint64_t last = 0;
        const Status status = take_events(deadline_after(0.01), worker, events, last);
        if (status == Status::closed) return;
        if (status == Status::timeout) continue;
        CHECK(status == Status::ok);
        std::size_t &bytes = shown[worker.get()];
        for (const Event &event : events) {
            CHECK(event.kind == kEventStdout || event.payload.size() == kSmall || event.payload.size() == kLarge);
            for (const char letter : event.payload) CHECK(letter == static_cast<char>('a' + bytes++ % 26));
        }
        mark_dispatched(*worker, last);
    }
}

// Emits `size` letters that continue the alphabet of those before.
void emit_letters(Worker &worker, std::size_t &emitted, int kind, std::size_t size) {
    std::string text(size, '\0');
    for (char &letter : text) letter = static_cast<char>('a' + emitted++ % 26);
    CHECK(emit(worker, 0, kind, text.data(), text.size(), false) == Status::ok);
}

void emit_and_wait(Worker &worker, const Shown &shown) {
    std::size_t emitted = 0;
    Request request;
    for (int number = 0; number < kEvents; ++number) {
        const int kind = number % 7 ? kEventStdout : kDisplayed;
        emit_letters(worker, emitted, kind, number % 200 == 0 ? kLarge : kSmall);
        if (number % 50) continue;
        request.done = false;
        complete(worker, request, {});
        CHECK(wait_dispatched(worker, request, deadline_after(60)) == Status::ok);
        CHECK(shown.at(&worker) == emitted);
    }
}

void test_all_events_are_shown_in_order() {
    const Workers workers = make_workers();
    Shown shown;
    for (const WorkerPtr &worker : workers) shown[worker.get()] = 0;
    std::atomic<int> emitting{kWorkers};
    in_threads(kWorkers + 1, [&](int number) {
        if (number == kWorkers) {
            read_events(shown);
        } else {
            emit_and_wait(*workers[static_cast<std::size_t>(number)], shown);
            if (--emitting == 0) stop_reader();
        }
    });
    close(workers);
    start_reader();
}

std::size_t unread_bytes(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return worker.event_bytes;
}

// Waits until an event of `size` bytes would have to wait, and a little longer, so that a thread does wait with it.
void wait_until_full(Worker &worker, std::size_t size) {
    while (unread_bytes(worker) + size <= kMailboxBytes) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

void test_several_threads_emit_for_one_worker() {
    const Workers workers = make_workers();
    std::atomic<std::size_t> emitted{0};
    std::size_t shown = 0;
    constexpr std::size_t kSize = 3000;
    in_threads(4, [&](int number) {
        const std::string text(kSize, 'x');
        for (int round = 0; number > 0 && round < kEvents / 3; ++round) {
            CHECK(emit(*workers[0], 1, kEventStderr, text.data(), text.size(), true) == Status::ok);
            emitted += text.size();
        }
        WorkerPtr worker;
        std::deque<Event> events;
        std::uint64_t last = 0;
        if (number == 0) wait_until_full(*workers[0], kSize);
        while (number == 0 && shown < 3 * (kEvents / 3) * kSize) {
            events.clear();
            CHECK(take_events(deadline_after(60), worker, events, last) == Status::ok);
            std::size_t bytes = 0;
            for (const Event &event : events) bytes += event.payload.size();
            CHECK(bytes <= kMailboxBytes);
            shown += bytes;
            mark_dispatched(*worker, last);
        }
    });
    CHECK(shown == emitted);
    close(workers);
}

void drain_events() {
    Status status = Status::ok;
    while (status == Status::ok) {
        WorkerPtr worker;
        std::deque<Event> events;
        std::uint64_t last = 0;
        status = take_events(kImmediately, worker, events, last);
    }
}

void test_a_stopped_reader_ends_all_waits() {
    for (int round = 0; round < 60; ++round) {
        const Workers workers = make_workers();
        in_threads(2 * kWorkers + 1, [&](int number) {
            if (number == 2 * kWorkers) {
                for (const WorkerPtr &each : workers) {
                    if (round % 2) wait_until_full(*each, kLarge);
                }
                stop_reader();
                return;
            }
            Worker &worker = *workers[static_cast<std::size_t>(number % kWorkers)];
            const std::string text(kLarge, 'x');
            for (Status status = Status::ok; status == Status::ok && number < kWorkers;) {
                status = emit(worker, 0, kDisplayed, text.data(), text.size(), false);
                CHECK(status == Status::ok || status == Status::closed);
            }
            Request request;
            request.events_before_reply = 1000;
            CHECK(wait_dispatched(worker, request, deadline_after(60)) == Status::ok);
        });
        close(workers);
        in_threads(1, [&](int) { drain_events(); });  // on a thread of its own: this one does not read events
        start_reader();
    }
}

}  // namespace

int main() {
    test_all_events_are_shown_in_order();
    test_several_threads_emit_for_one_worker();
    test_a_stopped_reader_ends_all_waits();
}
