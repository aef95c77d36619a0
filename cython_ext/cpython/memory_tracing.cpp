#include "cpython/memory_tracing.hpp"

#include <cstdint>

// Without Python.h: in CPython 3.13 its declaration is not extern "C".
extern "C" int PyTraceMalloc_Untrack(unsigned int domain, std::uintptr_t address);

namespace subinterp {

namespace {

constexpr int kNotTracing = -2;

}  // namespace

bool tracemalloc_traces() noexcept { return PyTraceMalloc_Untrack(0, 0) != kNotTracing; }  // there is no block at 0

}  // namespace subinterp
