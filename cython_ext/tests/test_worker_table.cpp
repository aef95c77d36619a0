// The table of workers: names are unique, and every thread may add, find, rename and list at any time.
#include <memory>

#include "check.hpp"
#include "control/worker.hpp"

using namespace subinterp;

namespace {

constexpr int kThreads = 6;
constexpr int kRounds = 1500;

WorkerPtr worker_named(const std::string &name) {
    auto worker = std::make_shared<Worker>();
    worker->name = name;
    return worker;
}

void look_at_everything() {
    for (const WorkerPtr &worker : live_workers()) {
        const Snapshot row = snapshot(*worker);
        CHECK(row.name.size() < 20);
        CHECK(find_by_handle(worker->handle) == worker || !is_live(snapshot(*worker).state));
    }
    CHECK(abandoned_workers().empty());
}

void test_one_live_worker_has_a_name() {
    std::atomic<int> owners{0};
    std::atomic<std::uint64_t> last{0};
    const Background observer(look_at_everything);
    in_threads(kThreads, [&](int) {
        for (int round = 0; round < kRounds; ++round) {
            const WorkerPtr worker = worker_named("wanted");
            const Status status = table_add(worker);
            CHECK(status == Status::ok || status == Status::name_taken);
            const WorkerPtr other = find_by_handle(last);  // the table may drop it at the same time
            CHECK(!other || other->name == "wanted");
            if (status != Status::ok) continue;
            CHECK(++owners == 1);
            CHECK(find_by_name("wanted") == worker && find_by_handle(worker->handle) == worker);
            last = worker->handle;
            --owners;
            set_state(*worker, State::closed);
        }
    });
    CHECK(live_workers().empty() && !find_by_name("wanted"));
}

void test_a_rename_takes_a_free_name_only() {
    const std::vector<std::string> names{"red", "green", "blue"};
    const Background observer(look_at_everything);
    in_threads(kThreads, [&](int number) {
        const WorkerPtr worker = worker_named("own" + std::to_string(number));
        CHECK(table_add(worker) == Status::ok);
        for (int round = 0; round < kRounds; ++round) {
            const std::string &name = names[static_cast<std::size_t>(number + round) % names.size()];
            const Status status = table_rename(worker, name);
            CHECK(status == Status::ok || status == Status::name_taken);
            CHECK((find_by_name(name) == worker) == (status == Status::ok));
        }
        set_state(*worker, State::failed);
    });
    CHECK(live_workers().empty());
}

void test_threads_can_wait_for_a_state() {
    for (int round = 0; round < kRounds / 10; ++round) {
        const WorkerPtr worker = worker_named("started");
        CHECK(table_add(worker) == Status::ok);
        CHECK(wait_until_up(*worker, kImmediately) == Status::timeout);
        in_threads(kThreads, [&](int number) {
            if (number > 0) {
                CHECK(wait_until_up(*worker, kNever) == Status::ok);
                CHECK(wait_until_down(*worker, number % 2 ? kNever : deadline_after(60)) == Status::ok);
                return;
            }
            set_state(*worker, State::idle);
            std::this_thread::yield();
            set_state(*worker, State::closed);
        });
    }
}

}  // namespace

int main() {
    test_one_live_worker_has_a_name();
    test_a_rename_takes_a_free_name_only();
    test_threads_can_wait_for_a_state();
}
