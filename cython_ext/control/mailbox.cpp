// The queue of requests of a worker, their replies, and its interrupts. Bounded in bytes, blocking on conditions.
#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "control/message_kind.hpp"
#include "control/task_pool.hpp"
#include "control/worker_table.hpp"

namespace subinterp {

namespace {

std::atomic<std::uint64_t> last_request_id{0};
thread_local Worker *worker_of_thread = nullptr;

void append_event_if_possible(Worker &worker, std::uint64_t request, int kind) noexcept {
    try {
        append_event(worker, request, kind, "", 0);
    } catch (const std::bad_alloc &) {
        // Without memory for an empty event, only the announcement is lost: the reply itself is there.
    }
}

Message empty_reply(int kind) noexcept {
    Message reply;
    reply.kind = kind;
    return reply;
}

// Sets the reply. The caller holds the worker's mutex, and the request has no reply.
void set_reply(Worker &worker, Request &request, Message reply) noexcept {
    request.reply = std::move(reply);
    request.events_before_reply = worker.events_emitted;
    if (request.announce) append_event_if_possible(worker, request.id, kEventFinished);
    request.done.store(true, std::memory_order_release);
    request.finished.notify_all();
    if (request.pool) announce_finished(*request.pool, request.id);
}

// Ends a request that is queued, or, on the thread that has taken it, a taken one. The caller holds the worker's mutex.
void finish(Worker &worker, Request &request, Message reply) noexcept {
    if (request.done) return;
    request.message = Message{};  // releases the shared objects in it before the reply is seen
    set_reply(worker, request, std::move(reply));
}

// Ends a taken request from another thread. Its kind and payload stay, because the worker's thread reads them without
// the mutex. The caller holds the worker's mutex.
void finish_left_behind(Worker &worker, Request &request) noexcept {
    if (request.done) return;
    request.message.pins.clear();
    set_reply(worker, request, empty_reply(kReplyLeftBehind));
}

void wait_for_work(Worker &worker, std::unique_lock<std::mutex> &lock) noexcept {
    worker.wake.wait(lock, [&] { return worker.closing || !worker.requests.empty() || worker.task_posted; });
}

// Takes the first request and makes it current; returns whether it was interrupted before. The caller holds the mutex.
bool take_first(Worker &worker, RequestPtr &request) noexcept {
    request = std::move(worker.requests.front());
    worker.requests.pop_front();
    if (request->announce && request->message.kind == kRequestCell) {
        append_event_if_possible(worker, request->id, kEventStarted);
    }
    worker.request_bytes -= request->message.payload.size();
    worker.has_requests.store(!worker.requests.empty(), std::memory_order_release);
    make_current(worker, request);
    worker.room.notify_all();
    return request->interrupted_early;
}

}  // namespace

std::uint64_t next_request_id() noexcept { return ++last_request_id; }

Status post(Worker &worker, const RequestPtr &request, Deadline deadline) noexcept try {
    if (!belongs_to_this_process(worker)) return Status::closed;
    const std::size_t size = request->message.payload.size();
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool fits = wait_for(worker.room, lock, deadline, [&] {
        return worker.closing || worker.request_bytes == 0 || worker.request_bytes + size <= kMailboxBytes;
    });
    if (worker.closing || !is_live(worker.state)) return Status::closed;
    if (!fits) return Status::timeout;
    worker.requests.push_back(request);
    worker.request_bytes += size;
    worker.has_requests.store(true, std::memory_order_release);
    wake_loop(worker);
    worker.wake.notify_all();
    return Status::ok;
} catch (const std::bad_alloc &) {
    return Status::no_memory;
}

Status wait_reply(Worker &worker, Request &request, Deadline deadline) noexcept {
    if (!belongs_to_this_process(worker)) return Status::closed;
    if (deadline != kImmediately) spin_until([&] { return request.done.load(std::memory_order_acquire); });
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool came = wait_for(request.finished, lock, deadline, [&] { return request.done || request.woken; });
    if (request.done) return Status::ok;
    request.woken = false;
    return came ? Status::interrupted : Status::timeout;
}

void wake_waiter(Worker &worker, Request &request) noexcept {
    if (!belongs_to_this_process(worker)) return;
    const std::lock_guard<std::mutex> lock(worker.mutex);
    request.woken = true;
    request.finished.notify_all();
}

void answer(Worker &worker, std::string text) {
    if (!belongs_to_this_process(worker)) return;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.answers.push_back(std::move(text));
    }
    worker.wake.notify_all();
}

Status take_answer(Worker &worker, std::string &text) noexcept {
    std::unique_lock<std::mutex> lock(worker.mutex);
    const InterruptibleWait waiting(worker);
    worker.wake.wait(lock, [&] { return worker.interrupt_pending || !worker.answers.empty(); });
    if (std::exchange(worker.interrupt_pending, false)) return Status::interrupted;
    text = std::move(worker.answers.front());
    worker.answers.pop_front();
    return Status::ok;
}

void refuse_further_requests(Worker &worker) noexcept {
    if (!belongs_to_this_process(worker)) return;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.closing = true;
        if (worker.state == State::idle || worker.state == State::running) worker.state = State::closing;
        for (auto *queue : {&worker.requests, &worker.queries}) {
            for (const RequestPtr &request : *queue) finish(worker, *request, empty_reply(kReplyClosed));
            queue->clear();
        }
        worker.request_bytes = 0;
        worker.has_requests.store(true, std::memory_order_release);
        wake_loop(worker);
    }
    worker.wake.notify_all();
    worker.queried.notify_all();
    worker.room.notify_all();
    worker.changed.notify_all();
    worker_ends(worker);
}

bool withdraw(Worker &worker, Request &request) noexcept {
    if (!belongs_to_this_process(worker)) return false;
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const auto is_it = [&request](const RequestPtr &queued) { return queued.get() == &request; };
    const auto place = std::find_if(worker.requests.begin(), worker.requests.end(), is_it);
    if (place == worker.requests.end()) return false;
    const RequestPtr kept = *place;
    worker.requests.erase(place);
    worker.request_bytes -= request.message.payload.size();
    worker.has_requests.store(worker.closing || !worker.requests.empty(), std::memory_order_release);
    finish(worker, request, empty_reply(kReplyWithdrawn));
    worker.room.notify_all();
    return true;
}

void leave_behind(Worker &worker) noexcept {
    if (!belongs_to_this_process(worker)) return;
    std::int64_t interpreter = -1;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (worker.unanswered) finish_left_behind(worker, *worker.unanswered);
        interpreter = worker.interpreter_id;
        worker.left_behind = true;
    }
    worker.changed.notify_all();
    if (interpreter >= 0) shared_interpreter_ended(interpreter);
}

std::size_t backlog(Worker &worker) noexcept {
    if (!belongs_to_this_process(worker)) return 0;
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const auto counts = [](const RequestPtr &request) { return is_work(request->message.kind); };
    const auto queued = std::count_if(worker.requests.begin(), worker.requests.end(), counts);
    return static_cast<std::size_t>(queued) + (worker.current && counts(worker.current) ? 1 : 0);
}

Status post_query(Worker &worker, const RequestPtr &query) {
    if (!belongs_to_this_process(worker)) return Status::closed;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (worker.closing || !is_live(worker.state)) return Status::closed;
        worker.queries.push_back(query);
    }
    worker.queried.notify_one();
    return Status::ok;
}

Status take_query(Worker &worker, RequestPtr &query) noexcept {
    std::unique_lock<std::mutex> lock(worker.mutex);
    worker.queried.wait(lock, [&] { return worker.closing || !worker.queries.empty(); });
    if (worker.closing) return Status::closed;
    query = std::move(worker.queries.front());
    worker.queries.pop_front();
    return Status::ok;
}

Worker *current_worker() noexcept { return worker_of_thread; }
void set_current_worker(Worker *worker) noexcept { worker_of_thread = worker; }

bool has_requests(Worker &worker) noexcept {
    return worker.has_requests.load(std::memory_order_acquire) || worker.task_posted.load(std::memory_order_acquire);
}

bool is_closing(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return worker.closing;
}

void make_current(Worker &worker, const RequestPtr &request) noexcept {
    worker.current = worker.unanswered = request;
    worker.answers.clear();
    worker.last_request = request->output ? request->output : request->id;
    worker.interrupt_pending = worker.interrupts_held = worker.interrupt_held = false;
    if (worker.state == State::idle) worker.state = State::running;
}

Status take_request(Worker &worker, RequestPtr &request, bool &interrupted) noexcept {
    interrupted = false;
    spin_until([&] {
        const TaskPool *const pool = worker.takes_from.load(std::memory_order_acquire);
        return has_requests(worker) || (pool && pool->queued.load(std::memory_order_acquire) > 0);
    });
    for (;;) {
        // The pool first, each time: it counts the worker as idle only while that waits here.
        TaskPool *const pool = worker.takes_from.load(std::memory_order_acquire);
        const Taken taken = pool ? take_task(*pool, worker, request) : Taken::own_request;
        if (taken == Taken::task) return Status::ok;
        std::unique_lock<std::mutex> lock(worker.mutex);
        if (taken == Taken::own_request && !worker.requests.empty() && !worker.closing) {
            interrupted = take_first(worker, request);
            return Status::ok;
        }
        if (taken == Taken::none || !pool) wait_for_work(worker, lock);
        if (worker.closing) return Status::closed;
    }
}

bool end_request(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (worker.current && worker.current->message.kind == kRequestCell) ++worker.cells;
    worker.current = nullptr;
    worker.interrupt_pending = false;
    if (worker.state == State::running) worker.state = State::idle;
    return std::exchange(worker.async_exception_sent, false);
}

std::uint64_t current_request(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return worker.current ? worker.last_request : 0;
}

void complete(Worker &worker, Request &request, Message reply) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (request.pool) look_for_task(*request.pool, worker);
    finish(worker, request, std::move(reply));
    if (worker.unanswered.get() == &request) worker.unanswered = nullptr;
}

Status interruptible_sleep(Worker &worker, Deadline deadline) noexcept {
    std::unique_lock<std::mutex> lock(worker.mutex);
    const InterruptibleWait waiting(worker);
    const bool interrupted = wait_for(worker.wake, lock, deadline, [&] { return worker.interrupt_pending; });
    if (!interrupted) return Status::ok;
    worker.interrupt_pending = false;
    return Status::interrupted;
}

bool consume_interrupt(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return std::exchange(worker.interrupt_pending, false);
}

bool consume_as_async_exception(Worker &worker) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (worker.waits_interruptibly || !std::exchange(worker.interrupt_pending, false)) return false;
    return worker.async_exception_sent = true;
}

bool hold_interrupts(Worker &worker, bool hold) noexcept {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.interrupts_held = hold;
    const bool held = std::exchange(worker.interrupt_held, false);
    return std::exchange(worker.interrupt_pending, false) || held;
}

}  // namespace subinterp
