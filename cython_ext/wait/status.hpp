// The result of every operation of this library that can fail or end early. C++ code here sets no Python exceptions:
// the Cython modules turn a Status into one.
#pragma once

namespace subinterp {

enum class Status : int {
    ok,
    timeout,      // the deadline passed first
    interrupted,  // an interrupt or a nudge ended the wait
    closed,       // the interpreter, or the event reader, is closed
    shut_down,    // the queue is shut down
    abandoned,    // the interpreter that held the lock has ended
    broken,       // the barrier is broken
    cancelled,    // the wait was cancelled by another thread
    name_taken,   // another live interpreter has that name
    not_running,  // there is nothing to interrupt
    refused,      // CPython refused the call
    no_thread,    // the system refused another thread
    no_memory,    // the allocation failed
    over_limit,   // the limit of set_memory_limit() is exceeded
    not_found,    // no live object has that id
};

}  // namespace subinterp
