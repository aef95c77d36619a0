// Cython (3.3) keeps one strong reference too many to a module of its own, so that in a sub-interpreter the module is
// never cleared; the objects it leaks pin whole arenas. Every extension that sub-interpreters import calls this once.
//
// For the same reason each `cdef class` has an object attribute, though none uses it: it makes Cython give the class a
// traverse function, which visits the type. Instances that are still alive when the interpreter ends would otherwise
// hide their type, and with it the module, from the last garbage collections: megabytes per interpreter.
#pragma once

#include <Python.h>

namespace subinterp {

inline void drop_surplus_module_reference(PyObject *module) {
    // In the main interpreter the module lives as long as the process, and finalization copes with the surplus.
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) Py_DECREF(module);
}

}  // namespace subinterp
