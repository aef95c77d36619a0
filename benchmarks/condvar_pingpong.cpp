// The yardstick: two threads that hand a turn to each other through one mutex and two conditions, and nothing else.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

extern "C" double condvar_round_trip_seconds(int rounds) {
    std::mutex mutex;
    std::condition_variable ask, answer;
    bool asked = false;
    std::thread other([&] {
        std::unique_lock<std::mutex> lock(mutex);
        for (int i = 0; i < rounds; ++i) {
            ask.wait(lock, [&] { return asked; });
            asked = false;
            answer.notify_one();
        }
    });
    const auto begin = std::chrono::steady_clock::now();
    {
        std::unique_lock<std::mutex> lock(mutex);
        for (int i = 0; i < rounds; ++i) {
            asked = true;
            ask.notify_one();
            answer.wait(lock, [&] { return !asked; });
        }
    }
    const auto end = std::chrono::steady_clock::now();
    other.join();
    return std::chrono::duration<double>(end - begin).count() / rounds;
}
