// Waits of Python code. Attached.
#pragma once

#include <Python.h>

#include "waiting.hpp"

namespace subinterp {

// Waits without the GIL until that moment at the latest. Calls `pause` between the slices, a function written in
// Python: entering one is where CPython looks for signals, interrupts and asynchronous exceptions. When that raises,
// the wait is over: returns -1 with the exception set, otherwise an Outcome.
inline int wait_in_slices(Wait &wait, Moment until, PyObject *pause) {
    for (;;) {
        Outcome outcome = Outcome::not_yet;
        Py_BEGIN_ALLOW_THREADS;
        outcome = wait.slice(slice_end(until));
        Py_END_ALLOW_THREADS;
        if (outcome != Outcome::not_yet || now() >= until) return static_cast<int>(outcome);
        PyObject *const result = PyObject_CallNoArgs(pause);
        if (!result) return -1;
        Py_DECREF(result);
    }
}

}  // namespace subinterp
