// When a wait ends. All waits of this library take a Deadline; Python's timeouts in seconds become one at the border.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace subinterp {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

constexpr Deadline kNever = Deadline::max();
constexpr Deadline kImmediately = Deadline::min();

// A wait that Python code makes is a series of slices, so that signals and interrupts are seen between them.
constexpr std::chrono::milliseconds kSlice{50};

// Before its first sleep a wait spins this long: most waits are shorter, and waking a sleeping thread takes tens of
// microseconds.
constexpr std::chrono::microseconds kSpin{40};

// The deadline that many seconds from now; kNever for infinity and for what the clock cannot represent.
inline Deadline deadline_after(double seconds) {
    constexpr double kLongest = 3.0e8;  // about ten years
    if (std::isnan(seconds) || seconds > kLongest) return kNever;
    const std::chrono::duration<double> wait(std::max(seconds, 0.0));
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(wait);
}

inline bool has_passed(Deadline deadline) { return deadline != kNever && Clock::now() >= deadline; }

// The end of a slice that begins now, in a wait that ends at `deadline`.
inline Deadline slice_end(Deadline deadline) { return std::min(deadline, Clock::now() + kSlice); }

// Spins, yielding the processor, until `ready()` or until kSpin is over.
template <typename Ready>
void spin_until(Ready ready) {
    const Deadline end = Clock::now() + kSpin;
    while (!ready() && Clock::now() < end) std::this_thread::yield();
}

}  // namespace subinterp
