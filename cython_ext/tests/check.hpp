// Checks, and threads that start together. A failed check prints its place and ends the program with status 1.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "wait/wait.hpp"

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
            std::_Exit(1);                                                                     \
        }                                                                                      \
    } while (false)

namespace subinterp {

// Calls body(0) to body(count - 1) in threads that start at the same time, and joins them.
template <typename Body>
void in_threads(int count, Body body) {
    std::atomic<int> missing{count};
    std::vector<std::thread> threads;
    for (int number = 0; number < count; ++number) {
        threads.emplace_back([&, number] {
            --missing;
            while (missing > 0) std::this_thread::yield();
            body(number);
        });
    }
    for (std::thread &thread : threads) thread.join();
}

// Longer than a wait spins, so that the other threads sleep.
inline void sleep_briefly() { std::this_thread::sleep_for(3 * kSpin); }

// Waits in one slice: a second one would hide that a notification was lost.
inline Status finish_wait(Wait &wait, Deadline until = kNever) {
    const Status status = wait.slice(std::min(until, deadline_after(60)));
    CHECK(status != Status::timeout || has_passed(until));
    return status;
}

// A thread that calls `body` again and again until this object is destroyed.
class Background {
  public:
    template <typename Body>
    explicit Background(Body body)
        : thread_([this, body]() mutable {
              while (!over_) {
                  body();
                  std::this_thread::sleep_for(std::chrono::microseconds(100));
              }
          }) {}
    ~Background() {
        over_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace subinterp
