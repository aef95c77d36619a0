// Tasks that several workers take from one pool: each is run once or withdrawn, and no worker waits while one does.
#include <memory>
#include <string>

#include "check.hpp"
#include "control/message_kind.hpp"
#include "control/task_pool.hpp"
#include "control/worker.hpp"

using namespace subinterp;

namespace {

constexpr int kWorkers = 4;
constexpr int kPosters = 3;
constexpr int kTasks = 1000;  // per poster

WorkerPtr make_worker() {
    auto worker = std::make_shared<Worker>();
    CHECK(table_add(worker) == Status::ok);
    set_state(*worker, State::idle);
    return worker;
}

RequestPtr make_task(const TaskPoolPtr &pool) {
    auto task = std::make_shared<Request>();
    task->id = next_request_id();
    task->pool = pool;
    task->message.kind = kRequestTask;
    task->message.payload = std::to_string(task->id);
    return task;
}

// What the worker's thread does; `during` is called while a task is current.
template <typename During>
void serve(Worker &worker, During during) {
    set_current_worker(&worker);
    RequestPtr request;
    bool interrupted = false;
    while (take_request(worker, request, interrupted) == Status::ok) {
        const bool is_task = request->message.kind == kRequestTask;
        if (is_task)
            CHECK(current_request(worker) == request->id && request->message.payload == std::to_string(request->id));
        during(worker, *request);
        Message reply;
        reply.payload = request->message.payload;
        end_request(worker);
        complete(worker, *request, std::move(reply));
    }
    set_current_worker(nullptr);
}

void do_nothing(Worker &, Request &) {}

// Collects the ids of `count` tasks, each once; other notices are workers that ended.
std::size_t collect(TaskPool &pool, std::size_t count) {
    std::size_t ended = 0;
    for (std::size_t seen = 0; seen < count;) {
        std::deque<std::uint64_t> ids;
        CHECK(wait_finished(pool, deadline_after(60), ids) == Status::ok);
        for (const std::uint64_t id : ids) id ? ++seen : ++ended;
    }
    return ended;
}

void each_task_is_run_once_or_withdrawn() {
    const auto pool = std::make_shared<TaskPool>();
    std::vector<WorkerPtr> workers;
    for (int number = 0; number < kWorkers; ++number) workers.push_back(make_worker());
    for (const WorkerPtr &worker : workers) CHECK(join_pool(*worker, pool) == Status::ok);
    std::atomic<std::size_t> withdrawn{0}, posters{kPosters};
    in_threads(kWorkers + kPosters + 1, [&](int number) {
        if (number < kWorkers) {
            serve(*workers[number], do_nothing);
        } else if (number < kWorkers + kPosters) {
            std::vector<RequestPtr> tasks;
            for (int count = 0; count < kTasks; ++count) {
                tasks.push_back(make_task(pool));
                CHECK(post_task(*pool, tasks.back()) == Status::ok);
                if (count % 5 == 0 && withdraw_task(*pool, *tasks[count / 2])) ++withdrawn;
            }
            for (const RequestPtr &task : tasks) {
                const bool back = withdraw_task(*pool, *task);
                if (back) ++withdrawn;
                CHECK(!back || !taker_of(*pool, *task));
            }
            --posters;
        } else {
            while (posters > 0) std::this_thread::yield();
            std::deque<std::uint64_t> ids;
            std::size_t seen = 0;
            while (seen + withdrawn < kPosters * kTasks) {
                CHECK(wait_finished(*pool, deadline_after(60), ids) == Status::ok);
                seen += ids.size();
                ids.clear();
            }
            CHECK(seen + withdrawn == kPosters * kTasks && pool->queued == 0);
            for (const WorkerPtr &worker : workers) refuse_further_requests(*worker);
        }
    });
    CHECK(pool->idle.empty() && pool->starting == 0 && pool->looking == 0);
}

// Tasks that wait for each other end only if all of them run.
void no_worker_waits_while_a_task_does() {
    const auto pool = std::make_shared<TaskPool>();
    std::vector<WorkerPtr> workers;
    for (int number = 0; number < kWorkers; ++number) workers.push_back(make_worker());
    std::atomic<int> running{0};
    in_threads(kWorkers + 1, [&](int number) {
        if (number < kWorkers) {
            serve(*workers[number], [&](Worker &, Request &request) {
                if (request.message.kind != kRequestTask) return;
                ++running;
                while (running % kWorkers != 0) std::this_thread::yield();
            });
            return;
        }
        for (const WorkerPtr &worker : workers) CHECK(join_pool(*worker, pool) == Status::ok);
        for (int round = 0; round < 200; ++round) {
            for (int task = 0; task < kWorkers; ++task) {
                CHECK(post_task(*pool, make_task(pool)) == Status::ok);
                auto own = std::make_shared<Request>();  // may come between a worker's waking and its task
                own->id = next_request_id();
                own->message.kind = kRequestExec;
                CHECK(post(*workers[task], own, kNever) == Status::ok);
            }
            collect(*pool, kWorkers);
            if (round % 3 == 0) sleep_briefly();
        }
        for (const WorkerPtr &worker : workers) refuse_further_requests(*worker);
    });
}

void a_worker_that_ends_leaves_its_task_to_another() {
    for (int round = 0; round < 200; ++round) {
        const auto pool = std::make_shared<TaskPool>();
        const WorkerPtr ends = make_worker(), stays = make_worker();
        CHECK(join_pool(*ends, pool) == Status::ok && join_pool(*stays, pool) == Status::ok);
        in_threads(4, [&](int number) {
            if (number == 0) serve(*ends, do_nothing);
            if (number == 1) serve(*stays, do_nothing);
            if (number == 2) refuse_further_requests(*ends);
            if (number == 3) {
                CHECK(post_task(*pool, make_task(pool)) == Status::ok);
                collect(*pool, 1);
                refuse_further_requests(*stays);
            }
        });
        CHECK(join_pool(*ends, pool) == Status::closed);
    }
}

// Else a task waits for that worker, although the other one has nothing to do.
void a_worker_with_a_request_of_its_own_is_not_idle() {
    const auto pool = std::make_shared<TaskPool>();
    const WorkerPtr workers[] = {make_worker(), make_worker()};
    std::atomic<bool> over{false};
    std::atomic<int> busy{0};
    const auto wait_for_idle = [&](std::size_t count) {
        for (;;) {
            const std::lock_guard<std::mutex> lock(pool->mutex);
            if (pool->idle.size() == count) return pool->idle.back();
        }
    };
    in_threads(3, [&](int number) {
        if (number < 2) {
            CHECK(join_pool(*workers[number], pool) == Status::ok);
            serve(*workers[number], [&](Worker &, Request &request) {
                if (request.message.kind == kRequestTask) return;
                ++busy;
                while (!over) std::this_thread::yield();
            });
            return;
        }
        const WorkerPtr next = wait_for_idle(2);  // the one that the next task would wake
        auto own = std::make_shared<Request>();
        own->id = next_request_id();
        own->message.kind = kRequestExec;
        CHECK(post(*next, own, kNever) == Status::ok);
        while (busy == 0) std::this_thread::yield();
        CHECK(post_task(*pool, make_task(pool)) == Status::ok);
        collect(*pool, 1);
        over = true;
        for (const WorkerPtr &worker : workers) refuse_further_requests(*worker);
    });
}

void functions_are_found_until_they_are_dropped() {
    TaskPool pool;
    Message message;
    message.payload = "function";
    const std::uint64_t id = add_function(pool, message);
    CHECK(find_function(pool, id)->payload == "function");
    drop_function(pool, id);
    CHECK(!find_function(pool, id));
    drop_function(pool, id);
}

void a_nudge_wakes_the_reader() {
    TaskPool pool;
    std::deque<std::uint64_t> ids;
    nudge_reader(pool);
    CHECK(wait_finished(pool, kNever, ids) == Status::ok && ids.empty());
    CHECK(wait_finished(pool, deadline_after(0.001), ids) == Status::timeout);
}

}  // namespace

int main() {
    each_task_is_run_once_or_withdrawn();
    no_worker_waits_while_a_task_does();
    a_worker_that_ends_leaves_its_task_to_another();
    a_worker_with_a_request_of_its_own_is_not_idle();
    functions_are_found_until_they_are_dropped();
    a_nudge_wakes_the_reader();
    return 0;
}
