// Waits of Python code. Attached.
#pragma once

#include <Python.h>

#include "wait/wait.hpp"

namespace subinterp {

// Waits without the GIL until the deadline at the latest. Calls `check_interrupts`, a function written in Python,
// between the slices: entering one is where CPython handles signals, interrupts and asynchronous exceptions. If that
// raises, the wait ends: returns Status::interrupted with the exception set.
inline Status wait_interruptibly(Wait &wait, Deadline until, PyObject *check_interrupts) {
    for (;;) {
        Status status = Status::timeout;
        Py_BEGIN_ALLOW_THREADS;
        status = wait.slice(slice_end(until));
        Py_END_ALLOW_THREADS;
        if (status != Status::timeout || has_passed(until)) return status;
        PyObject *const result = PyObject_CallNoArgs(check_interrupts);
        if (!result) return Status::interrupted;
        Py_DECREF(result);
    }
}

}  // namespace subinterp
