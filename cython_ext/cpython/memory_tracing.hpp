// Whether tracemalloc traces, for interpreters that cannot import it.
#pragma once

namespace subinterp {

// Needs neither a GIL nor a thread state.
bool tracemalloc_traces() noexcept;

}  // namespace subinterp
