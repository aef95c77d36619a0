#include "waiting.hpp"

#include <algorithm>
#include <atomic>

namespace subinterp {

namespace {

constexpr double kSlice = 0.05;  // how long a wait may keep a signal from its Python handler, in seconds

std::atomic<std::uint64_t> last_thread_number{0};

}  // namespace

Moment now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::chrono::steady_clock::time_point time_point(Moment moment) {
    using Clock = std::chrono::steady_clock;
    return Clock::time_point(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(moment)));
}

Moment slice_end(Moment until) { return std::min(until, now() + kSlice); }

std::uint64_t this_thread_number() {
    thread_local const std::uint64_t number = ++last_thread_number;
    return number;
}

}  // namespace subinterp
