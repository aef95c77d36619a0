// Starts detached OS threads with a given stack size, on POSIX and on Windows.
#pragma once

#include <cstddef>

namespace subinterp {

using ThreadEntry = void (*)(void *argument);

// Runs entry(argument) on a new detached thread. Returns false if the system refuses another thread.
bool start_thread(ThreadEntry entry, void *argument, std::size_t stack_bytes);

}  // namespace subinterp
