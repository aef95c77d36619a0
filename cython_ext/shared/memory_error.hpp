// C++ exceptions of this library as Python exceptions. Attached.
#pragma once

#include <Python.h>

#include <exception>
#include <new>

namespace subinterp {

// Call in a catch clause. Cython does, for functions declared `except +raise_memory_error`.
inline int raise_memory_error() {
    try {
        throw;
    } catch (const std::bad_alloc &) {
        PyErr_SetString(PyExc_MemoryError, "the system has no memory left for shared objects; free some and try again");
    } catch (const std::exception &error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return -1;
}

}  // namespace subinterp
