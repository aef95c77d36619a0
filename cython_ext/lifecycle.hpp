// The lifecycle of interpreters. lifecycle.cpp is the only file of this project that creates, switches or ends thread
// states; nothing outside it ever sees a PyThreadState.
#pragma once

#include "worker.hpp"

struct _object;  // PyObject

namespace subinterp {

// Starts a thread that makes an interpreter, sets sys.path, imports `entry_module` and calls its `serve()` and then its
// `farewell()`. Returns at once; the state tells how it goes on. Needs no thread state and no GIL.
Status spawn(const WorkerPtr &worker);

// Raises KeyboardInterrupt once in the request that runs now, if `only` is null or is that one. Never blocks; needs no
// thread state and no GIL.
Status interrupt(Worker &worker, const Request *only);

// Drops an exception that was sent by thread id and has not arrived. On the worker's thread, attached.
void drop_asynchronous_exception(Worker &worker);

// Raises SystemExit in all other threads of this interpreter, those included that `threading` does not know. Attached.
void raise_system_exit_in_other_threads();

// The frames of this interpreter's threads by thread ident, as a new dict; nullptr with an exception set. Attached.
// CPython's own sys._current_frames() makes frame objects for the threads of all interpreters, and each of them is then
// freed by an allocator that it does not come from.
_object *frames_of_this_interpreter();

// Makes what could not be ended harmless to Py_FinalizeEx: threads that still run bytecode stop for good at the next
// safe point, for which this waits, and the interpreters leave the runtime's list. Returns false where this CPython's
// data layout is not the one that was compiled against.
bool bury_abandoned(Seconds patience);

}  // namespace subinterp
