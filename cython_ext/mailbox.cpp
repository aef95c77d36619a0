// The mailbox of requests of a worker, their replies, and its interrupts. Bounded in bytes, blocking on conditions.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "message_kind.hpp"
#include "process_table.hpp"

namespace subinterp {

namespace {

// A thread that expects an answer soon looks for it this long before it sleeps: waking a sleeper costs tens of
// microseconds, most requests take less. It yields meanwhile, so that it costs others nothing on a busy machine.
constexpr std::chrono::microseconds kSpin{40};

std::atomic<std::uint64_t> last_request_id{0};
thread_local Worker *worker_of_thread = nullptr;

void spin_until(const std::atomic<bool> &flag) {
    const auto until = std::chrono::steady_clock::now() + kSpin;
    while (!flag.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
}

// The caller holds the worker's mutex.
void finish(Worker &worker, Request &request, Message reply) {
    request.message = Message{};  // what it has pinned is free before anybody sees the reply
    request.reply = std::move(reply);
    request.events_before_reply = worker.events_emitted;
    if (request.announce) append_event(worker, request.id, kEventFinished, "", 0);
    request.done.store(true, std::memory_order_release);
    request.finished.notify_all();
}

}  // namespace

std::uint64_t next_request_id() { return ++last_request_id; }

Status post(Worker &worker, const RequestPtr &request, Seconds timeout) {
    if (!belongs_to_this_process(worker)) return kClosed;
    const std::size_t size = request->message.payload.size();
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool fits = wait_for(worker.room, lock, timeout, [&] {
        return worker.closing || worker.request_bytes == 0 || worker.request_bytes + size <= kMailboxBytes;
    });
    if (worker.closing || !is_live(worker.state)) return kClosed;
    if (!fits) return kTimeout;
    worker.request_bytes += size;
    worker.requests.push_back(request);
    worker.asked.store(true, std::memory_order_release);
    ring(worker);
    worker.wake.notify_all();
    return kOk;
}

Status wait_reply(Worker &worker, Request &request, Seconds timeout) {
    if (timeout != 0) spin_until(request.done);
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool came = wait_for(request.finished, lock, timeout, [&] { return request.done || request.nudged; });
    if (request.done) return kOk;
    request.nudged = false;
    return came ? kInterrupted : kTimeout;
}

void nudge(Worker &worker, Request &request) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    request.nudged = true;
    request.finished.notify_all();
}

void answer(Worker &worker, std::string text) {
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.answers.push_back(std::move(text));
    }
    worker.wake.notify_all();
}

Status take_answer(Worker &worker, std::string &text) {
    std::unique_lock<std::mutex> lock(worker.mutex);
    worker.wake.wait(lock, [&] { return worker.interrupt_pending || !worker.answers.empty(); });
    if (std::exchange(worker.interrupt_pending, false)) return kInterrupted;
    text = std::move(worker.answers.front());
    worker.answers.pop_front();
    return kOk;
}

void refuse_further_requests(Worker &worker) {
    if (!belongs_to_this_process(worker)) return;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        worker.closing = true;
        if (worker.state == State::idle || worker.state == State::running) worker.state = State::closing;
        for (auto *waiting : {&worker.requests, &worker.queries}) {
            for (const RequestPtr &request : *waiting) finish(worker, *request, Message{kReplyClosed, "", {}});
            waiting->clear();
        }
        worker.asked.store(true, std::memory_order_release);
        ring(worker);
        worker.request_bytes = 0;
    }
    worker.wake.notify_all();
    worker.queried.notify_all();
    worker.room.notify_all();
    worker.changed.notify_all();
}

bool withdraw(Worker &worker, Request &request) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const auto is_it = [&request](const RequestPtr &waiting) { return waiting.get() == &request; };
    const auto place = std::find_if(worker.requests.begin(), worker.requests.end(), is_it);
    if (place == worker.requests.end()) return false;
    worker.request_bytes -= request.message.payload.size();
    finish(worker, request, Message{kReplyWithdrawn, "", {}});
    worker.requests.erase(place);
    worker.asked.store(!worker.requests.empty(), std::memory_order_release);
    worker.room.notify_all();
    return true;
}

void give_up(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (worker.current && !worker.current->done) finish(worker, *worker.current, Message{kReplyLeftBehind, "", {}});
}

std::size_t backlog(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    const auto counts = [](const RequestPtr &request) { return is_work(request->message.kind); };
    const auto waiting = std::count_if(worker.requests.begin(), worker.requests.end(), counts);
    return static_cast<std::size_t>(waiting) + (worker.current && counts(worker.current) ? 1 : 0);
}

Status post_query(Worker &worker, const RequestPtr &query) {
    if (!belongs_to_this_process(worker)) return kClosed;
    {
        const std::lock_guard<std::mutex> lock(worker.mutex);
        if (worker.closing || !is_live(worker.state)) return kClosed;
        worker.queries.push_back(query);
    }
    worker.queried.notify_one();
    return kOk;
}

Status take_query(Worker &worker, RequestPtr &query) {
    std::unique_lock<std::mutex> lock(worker.mutex);
    worker.queried.wait(lock, [&] { return worker.closing || !worker.queries.empty(); });
    if (worker.closing) return kClosed;
    query = std::move(worker.queries.front());
    worker.queries.pop_front();
    return kOk;
}

Worker *current_worker() { return worker_of_thread; }
void set_current_worker(Worker *worker) { worker_of_thread = worker; }

void spin_until_asked(Worker &worker) { spin_until(worker.asked); }

Status take_request(Worker &worker, RequestPtr &request) {
    spin_until_asked(worker);
    std::unique_lock<std::mutex> lock(worker.mutex);
    worker.wake.wait(lock, [&] { return worker.closing || !worker.requests.empty(); });
    if (worker.closing) return kClosed;
    request = std::move(worker.requests.front());
    worker.requests.pop_front();
    worker.request_bytes -= request->message.payload.size();
    worker.asked.store(!worker.requests.empty(), std::memory_order_release);
    worker.room.notify_all();
    return kOk;
}

bool begin(Worker &worker, const RequestPtr &request) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.current = request;
    worker.answers.clear();
    worker.last_request = request->id;
    worker.interrupt_pending = worker.interrupts_held = worker.interrupt_held = false;
    if (worker.state == State::idle) worker.state = State::running;
    if (request->announce && request->message.kind == kRequestCell) {
        append_event(worker, request->id, kEventBegun, "", 0);
    }
    return request->interrupted;
}

bool end(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (worker.current && worker.current->message.kind == kRequestCell) ++worker.cells;
    worker.current = nullptr;
    worker.interrupt_pending = false;
    if (worker.state == State::running) worker.state = State::idle;
    return std::exchange(worker.async_exception_sent, false);
}

std::uint64_t current_request(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return worker.current ? worker.current->id : 0;
}

void complete(Worker &worker, Request &request, Message reply) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    if (!request.done) finish(worker, request, std::move(reply));
}

Status interruptible_sleep(Worker &worker, Seconds duration) {
    const auto until = deadline(duration);
    std::unique_lock<std::mutex> lock(worker.mutex);
    const bool interrupted = worker.wake.wait_until(lock, until, [&] { return worker.interrupt_pending; });
    if (!interrupted) return kOk;
    worker.interrupt_pending = false;
    return kInterrupted;
}

bool consume_interrupt(Worker &worker) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    return std::exchange(worker.interrupt_pending, false);
}

bool hold_interrupts(Worker &worker, bool hold) {
    const std::lock_guard<std::mutex> lock(worker.mutex);
    worker.interrupts_held = hold;
    const bool held = std::exchange(worker.interrupt_held, false);
    return std::exchange(worker.interrupt_pending, false) || held;
}

}  // namespace subinterp
