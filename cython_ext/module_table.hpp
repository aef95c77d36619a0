// Which object is the module of this extension in which interpreter. Included by the generated code of every extension,
// in place of a table of Cython's (3.3) that reads behind its end. What lies there may be of another extension's table,
// and an interpreter then seems to have a module that it has never imported. See mend_generated.cmake.
//
// Everything is static: each extension has a table of its own.
#pragma once

#include <Python.h>

#include <cstdint>

#include "module_rows.hpp"

static subinterp::ModuleRows module_rows;

// What this thread has found last; good while no module was taken out since. An interpreter's number is never reused.
static thread_local struct {
    std::int64_t interpreter = -1;
    std::uint64_t removals = 0;
    PyObject *module = nullptr;
} found_module;

static PyObject *__Pyx_State_FindModule(void *) {
    const std::int64_t interpreter = PyInterpreterState_GetID(PyInterpreterState_Get());
    const std::uint64_t removals = module_rows.removals();
    if (found_module.interpreter == interpreter && found_module.removals == removals) return found_module.module;
    PyObject *module = module_rows.find(interpreter);
    if (module) found_module = {interpreter, removals, module};
    return module;
}

static int __Pyx_State_AddModule(PyObject *module, void *) {
    if (module_rows.add(PyInterpreterState_GetID(PyInterpreterState_Get()), module)) return 0;
    PyErr_NoMemory();
    return -1;
}

static int __Pyx_State_RemoveModule(void *) {
    module_rows.remove(PyInterpreterState_GetID(PyInterpreterState_Get()));
    return 0;
}
