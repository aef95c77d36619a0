// The memory arenas of CPython's object allocator, by interpreter. CPython keeps all arenas of an interpreter that has
// ended while objects of it were left, because an extension module or CPython itself has lost some; there is no thread
// any more that could use them.
#pragma once

#include <cstdint>

namespace subinterp {

// Records from now on which interpreter an arena belongs to. Call it once, attached to the main interpreter, before any
// sub-interpreter exists.
void arenas_prepare() noexcept;

// Gives back the arenas that an interpreter with an allocator of its own has left behind. Returns their number.
int arenas_release(std::int64_t interpreter_id) noexcept;

// For the handlers of fork().
void arenas_before_fork() noexcept;
void arenas_after_fork() noexcept;

}  // namespace subinterp
