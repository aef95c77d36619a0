// The module object of this extension in each interpreter. The generated code of every extension includes this file in
// place of Cython's own table (3.3), which reads behind its end: an interpreter may then get a module that it has never
// imported. See patch_generated.cmake for the upstream changes that this waits for.
//
// Everything is static, so that each extension has its own table.
#pragma once

#include <Python.h>

#include <cstdint>

#include "cpython/module_table.hpp"

static subinterp::ModuleTable module_table;

// The last result on this thread; valid until a module is removed. The id of an interpreter is never reused.
static thread_local struct {
    std::int64_t interpreter = -1;
    std::uint64_t removals = 0;
    PyObject *module = nullptr;
} found_module;

static PyObject *__Pyx_State_FindModule(void *) {
    const std::int64_t interpreter = PyInterpreterState_GetID(PyInterpreterState_Get());
    const std::uint64_t removals = module_table.removals();
    if (found_module.interpreter == interpreter && found_module.removals == removals) return found_module.module;
    PyObject *module = module_table.find(interpreter);
    if (module) found_module = {interpreter, removals, module};
    return module;
}

static int __Pyx_State_AddModule(PyObject *module, void *) {
    if (module_table.add(PyInterpreterState_GetID(PyInterpreterState_Get()), module)) return 0;
    PyErr_NoMemory();
    return -1;
}

static int __Pyx_State_RemoveModule(void *) {
    module_table.remove(PyInterpreterState_GetID(PyInterpreterState_Get()));
    return 0;
}
