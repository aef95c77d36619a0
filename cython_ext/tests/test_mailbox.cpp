// Requests to a worker and their replies: every request gets exactly one reply, whatever happens meanwhile.
#include <memory>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.hpp"
#include "control/message_kind.hpp"
#include "control/worker.hpp"
#include "shared/block.hpp"

using namespace subinterp;

namespace {

constexpr int kSenders = 4;
constexpr int kRequests = 1000;  // per sender

WorkerPtr make_worker() {
    auto worker = std::make_shared<Worker>();
    CHECK(table_add(worker) == Status::ok);
    set_state(*worker, State::idle);
    return worker;
}

RequestPtr make_request(int kind, std::string payload) {
    auto request = std::make_shared<Request>();
    request->id = next_request_id();
    request->message.kind = kind;
    request->message.payload = std::move(payload);
    request->announce = request->id % 3 == 0;
    return request;
}

Message echo(const Request &request) {
    Message reply;
    reply.payload = request.message.payload;
    reply.pins = request.message.pins;
    return reply;
}

// What the worker's thread does.
void serve(Worker &worker) {
    set_current_worker(&worker);
    RequestPtr request;
    bool interrupted = false;
    while (take_request(worker, request, interrupted) == Status::ok) {
        CHECK(current_worker() == &worker && current_request(worker) == request->id);
        Message reply = echo(*request);
        CHECK(!end_request(worker) && current_request(worker) == 0);
        complete(worker, *request, std::move(reply));
        complete(worker, *request, {});  // a second reply is ignored
    }
    set_current_worker(nullptr);
}

void serve_queries(Worker &worker) {
    RequestPtr query;
    while (take_query(worker, query) == Status::ok) complete(worker, *query, echo(*query));
}

void drain_events() {
    WorkerPtr worker;
    std::deque<Event> events;
    std::uint64_t last = 0;
    if (take_events(deadline_after(0.001), worker, events, last) == Status::ok) mark_dispatched(*worker, last);
}

// Returns the kind of the reply; wake_waiter() may have been called before it arrived.
int kind_of_reply(Worker &worker, Request &request) {
    Status status = Status::interrupted;
    while (status == Status::interrupted) status = wait_reply(worker, request, deadline_after(60));
    CHECK(status == Status::ok);
    return request.reply.kind;
}

// Sends a request as the sender's `number`th, and takes some of them back. Returns the kind of the reply; kReplyClosed
// if it was not accepted.
int send_one(Worker &worker, int sender, int number, const Held<Block> &pinned) {
    const std::string text(number % 100 ? 10 : kMailboxBytes / 2, static_cast<char>('a' + sender));
    const RequestPtr request = make_request(number % 2 ? kRequestCell : kRequestCall, text);
    CHECK(shared_pin(pinned->id(), request->message.pins));
    const Status posted = number % 5 == 4 ? post_query(worker, request) : post(worker, request, kNever);
    CHECK(posted == Status::ok || posted == Status::closed);
    if (posted == Status::closed) return kReplyClosed;
    wake_waiter(worker, *request);
    const bool withdrawn = number % 4 == 0 && withdraw(worker, *request);
    const int kind = kind_of_reply(worker, *request);
    CHECK(withdrawn == (kind == kReplyWithdrawn));
    if (kind == 0) CHECK(request->reply.payload == text && request->reply.pins.size() == 1);
    CHECK(kind != 0 || wait_dispatched(worker, *request, deadline_after(60)) == Status::ok);
    return kind;
}

void observe(Worker &worker) {
    CHECK(backlog(worker) <= 2 * kSenders + 1);
    CHECK(snapshot(worker).cells <= kSenders * kRequests);
    static_cast<void>(has_requests(worker));
}

void send_all(bool close_meanwhile) {
    Held<Block> pinned;
    CHECK(block_create(8, "q", {1}, 0, pinned) == Status::ok);
    const WorkerPtr worker = make_worker();
    const Background reader(drain_events);
    const Background observer([&] { observe(*worker); });
    std::atomic<int> sending{kSenders};
    in_threads(kSenders + 2, [&](int thread) {
        if (thread == kSenders) return serve(*worker);
        if (thread == kSenders + 1) return serve_queries(*worker);
        for (int number = 0; number < kRequests; ++number) {
            const int kind = send_one(*worker, thread, number, pinned);
            CHECK(kind == 0 || kind == kReplyWithdrawn || (close_meanwhile && kind == kReplyClosed));
            if (close_meanwhile && thread == 0 && number == kRequests / 2) refuse_further_requests(*worker);
        }
        if (--sending == 0) refuse_further_requests(*worker);
    });
    CHECK(backlog(*worker) == 0 && snapshot(*worker).state == State::closing);
    set_state(*worker, State::closed);
}

void test_a_full_mailbox_refuses_after_the_deadline() {
    const WorkerPtr worker = make_worker();
    const RequestPtr large = make_request(kRequestCall, std::string(2 * kMailboxBytes, 'x'));
    CHECK(post(*worker, large, kImmediately) == Status::ok);
    in_threads(kSenders, [&](int) {
        const RequestPtr request = make_request(kRequestCall, "small");
        CHECK(post(*worker, request, deadline_after(0.002)) == Status::timeout);
    });
    in_threads(kSenders + 1, [&](int number) {
        if (number == kSenders) {
            CHECK(withdraw(*worker, *large) && !withdraw(*worker, *large));
        } else {
            CHECK(post(*worker, make_request(kRequestCall, "small"), kNever) == Status::ok);
        }
    });
    refuse_further_requests(*worker);
    set_state(*worker, State::closed);
}

void test_a_waiter_can_be_woken() {
    const WorkerPtr worker = make_worker();
    for (int round = 0; round < kRequests / 4; ++round) {
        Request request;
        in_threads(2, [&](int number) {
            if (number == 0) CHECK(wait_reply(*worker, request, deadline_after(60)) == Status::interrupted);
            if (number == 1) wake_waiter(*worker, request);
        });
        CHECK(wait_reply(*worker, request, kImmediately) == Status::timeout);
    }
    set_state(*worker, State::closed);
}

// The worker's thread may be slow and not stuck: it reads the request although the sender has a reply.
void test_a_request_that_is_left_behind_gets_a_reply() {
    const std::string kText = "a text that is too long to be stored in the string object itself";
    Held<Block> pinned;
    CHECK(block_create(8, "q", {1}, 0, pinned) == Status::ok);
    for (int round = 0; round < kRequests / 8; ++round) {
        const WorkerPtr worker = make_worker();
        const RequestPtr request = make_request(kRequestCell, kText);
        CHECK(shared_pin(pinned->id(), request->message.pins));
        CHECK(post(*worker, request, kNever) == Status::ok);
        in_threads(3, [&](int number) {
            bool interrupted = false;
            RequestPtr taken;
            if (number == 0) {
                CHECK(take_request(*worker, taken, interrupted) == Status::ok);
                CHECK(taken->message.kind == kRequestCell && taken->message.payload == kText);
                if (round % 2) end_request(*worker);  // it has ended, but the reply is not made
            }
            if (number == 1) CHECK(kind_of_reply(*worker, *request) == kReplyLeftBehind);
            while (number == 2 && !request->done) leave_behind(*worker);
        });
        CHECK(request->message.pins.empty());
        set_state(*worker, State::abandoned);
        CHECK(abandoned_workers().size() == 1);
        set_state(*worker, State::closed);
    }
}

void interrupt_once(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.interrupt_pending = true;
    worker.wake.notify_all();
}

void test_answers_and_interrupts_wake_the_worker() {
    const WorkerPtr worker = make_worker();
    int answered = 0, interrupts = 0;
    std::atomic<bool> over{false};
    in_threads(3, [&](int number) {
        for (int round = 0; number == 1 && round < kRequests; ++round) answer(*worker, "yes");
        while (number == 2 && !over) {
            interrupt_once(*worker);
            std::this_thread::yield();
        }
        if (number > 0) return;
        while (answered < kRequests) {
            std::string text;
            const Status status = take_answer(*worker, text);
            CHECK(status == Status::interrupted || (status == Status::ok && text == "yes"));
            ++(status == Status::ok ? answered : interrupts);
            static_cast<void>(hold_interrupts(*worker, answered % 2 == 0) || consume_interrupt(*worker));
        }
        CHECK(interruptible_sleep(*worker, deadline_after(60)) == Status::interrupted);
        over = true;
    });
    CHECK(interruptible_sleep(*worker, deadline_after(0.001)) != Status::closed);
    set_state(*worker, State::closed);
}

bool waits(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return worker.waits_interruptibly;
}

void test_a_wait_sees_an_interrupt_that_another_thread_meets_first() {
    const WorkerPtr worker = make_worker();
    in_threads(2, [&](int number) {
        std::string text;
        if (number == 0) {
            CHECK(take_answer(*worker, text) == Status::interrupted);
            return;
        }
        while (!waits(*worker)) std::this_thread::yield();
        CHECK(!consume_as_async_exception(*worker));
        interrupt_once(*worker);
        CHECK(!consume_as_async_exception(*worker));
    });
    CHECK(!consume_as_async_exception(*worker) && !end_request(*worker));
    interrupt_once(*worker);
    CHECK(consume_as_async_exception(*worker) && !consume_interrupt(*worker) && end_request(*worker));
    set_state(*worker, State::closed);
}

// Waits in its loop until a request wakes it, as asyncio's selector does.
void serve_in_loop(Worker &worker, int receiving, int sending) {
    bool interrupted = false;
    RequestPtr request;
    for (Status status = Status::ok; status == Status::ok;) {
        if (enter_loop(worker, sending)) {
            let_tasks_run(worker, true);
            pollfd waiting{receiving, POLLIN, 0};
            CHECK(poll(&waiting, 1, 60'000) == 1);
            char byte = 0;
            CHECK(read(receiving, &byte, 1) == 1);
            start_cancelling_tasks(worker);
            CHECK(!leave_loop(worker));
        }
        status = take_request(worker, request, interrupted);
        if (status == Status::ok) complete(worker, *request, echo(*request));
        if (status == Status::ok) end_request(worker);
    }
}

void test_a_request_wakes_the_loop() {
    int sockets[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    const WorkerPtr worker = make_worker();
    std::atomic<int> sending{2};
    in_threads(3, [&](int thread) {
        if (thread == 2) return serve_in_loop(*worker, sockets[0], sockets[1]);
        for (int number = 0; number < kRequests; ++number) {
            const RequestPtr request = make_request(kRequestCall, std::to_string(number));
            request->announce = false;
            CHECK(post(*worker, request, kNever) == Status::ok);
            CHECK(kind_of_reply(*worker, *request) == 0);
            if (number % 20 == 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));  // so that it enters the loop
        }
        if (--sending == 0) refuse_further_requests(*worker);
    });
    set_state(*worker, State::closed);
    ::close(sockets[0]);
    ::close(sockets[1]);
}

}  // namespace

int main() {
    send_all(false);
    send_all(true);
    test_a_full_mailbox_refuses_after_the_deadline();
    test_a_waiter_can_be_woken();
    test_a_request_that_is_left_behind_gets_a_reply();
    test_answers_and_interrupts_wake_the_worker();
    test_a_wait_sees_an_interrupt_that_another_thread_meets_first();
    test_a_request_wakes_the_loop();
    CHECK(shared_count() == 0);
}
