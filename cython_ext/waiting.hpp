// How threads wait for shared objects: in slices, so that whoever waits can look up for signals meanwhile.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>

namespace subinterp {

enum class Outcome : int {
    done,
    not_yet,    // the slice is over, or the whole time
    abandoned,  // what was waited for came, but from an interpreter that has ended
    broken,     // it will never come
    shut_down,  // nor through this queue
    cancelled,  // somebody has called the wait off
    no_memory
};

// A point of the steady clock in seconds: the end of a wait that is made of many slices.
using Moment = double;
constexpr Moment kAtOnce = 0;
constexpr Moment kNever = std::numeric_limits<double>::infinity();

Moment now();
std::chrono::steady_clock::time_point time_point(Moment moment);

// The end of a slice that begins now, in a wait that ends at `until`.
Moment slice_end(Moment until);

// Numbers the threads of the process; unlike what the system gives, none is used twice.
std::uint64_t this_thread_number();

// A wait in progress. Lives from its first slice to its end, on the stack of the thread that waits.
class Wait {
  public:
    virtual ~Wait() = default;
    // Waits no longer than until that moment. Detached.
    virtual Outcome slice(Moment until) = 0;

  protected:
    // Before the first sleep: waking a sleeper costs tens of microseconds, most waits are shorter than that. Yields
    // meanwhile, so that it costs others nothing on a busy machine.
    template <typename Ready>
    void look_first(Ready ready) {
        if (looked_) return;
        looked_ = true;
        const auto end = std::chrono::steady_clock::now() + kSpin;
        while (!ready() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    }

  private:
    static constexpr std::chrono::microseconds kSpin{40};
    bool looked_ = false;
};

// Where threads sleep until an object changes.
class WaitingRoom {
  public:
    WaitingRoom() : changed_(new std::condition_variable) {}
    WaitingRoom(const WaitingRoom &) = delete;
    WaitingRoom &operator=(const WaitingRoom &) = delete;
    ~WaitingRoom() { delete changed_; }

    void wake_one() { changed_->notify_one(); }
    void wake_all() { changed_->notify_all(); }

    // Whether it was ready before that moment.
    template <typename Ready>
    bool wait(std::unique_lock<std::mutex> &lock, Moment until, Ready ready) {
        return changed_->wait_until(lock, time_point(until), ready);
    }

    // In a forked child. The C library's condition still counts the parent's sleepers, and would wait for them to go
    // when it is notified or destroyed: it is left behind as it is.
    void forget_sleepers() { changed_ = new std::condition_variable; }

  private:
    std::condition_variable *changed_;
};

}  // namespace subinterp
