// The lifecycle of interpreters. lifecycle.cpp is the only file of this project that makes and ends interpreters.
// Besides extensions/attach.cpp, which attaches threads of C libraries, it is the only one that sees a PyThreadState.
#pragma once

#include "control/worker.hpp"

struct _object;  // PyObject

namespace subinterp {

// Starts a thread that makes an interpreter, sets sys.path, imports `entry_module` and calls its functions `serve()`
// and `shut_down()`. Returns at once; the state tells the progress. Needs no thread state and no GIL.
Status spawn(const WorkerPtr &worker) noexcept;

// The frames of this interpreter's threads by thread ident, as a new dict; nullptr with an exception set. Attached.
// CPython's own sys._current_frames() makes frame objects for the threads of all interpreters, which are then freed by
// another allocator than the one that they come from.
_object *frames_of_this_interpreter();

// Whether detach_interpreters() has been called: then the threads of all interpreters but main stop.
bool is_detaching() noexcept;

// Stops the calling thread, which is attached, for good.
[[noreturn]] void stop_thread(Worker &worker);

// At process exit: makes the interpreters that could not be ended harmless to Py_FinalizeEx. Their threads stop for
// good at the next bytecode, for which this waits until the first deadline; those that are inside CPython's functions
// that make or end an interpreter are waited for until the second one. Then the interpreters are removed from CPython's
// list. Returns false, and leaves the list alone, if a thread is still inside such a function: finalization would
// crash.
bool detach_interpreters(Deadline stopped_by, Deadline ended_by) noexcept;

}  // namespace subinterp
