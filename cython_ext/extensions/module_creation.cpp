#include "extensions/module_creation.hpp"

#include <Python.h>

namespace subinterp {

bool has_export_functions() noexcept { return PY_VERSION_HEX >= 0x030F0000; }

PyObject *call_init(InitFunction function) noexcept {
    PyObject *const made = function();
    if (!made && !PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "the init function failed without an exception");
    return made;
}

PyObject *module_from_init(PyObject *made, PyObject *spec) {
    if (PyObject_TypeCheck(made, &PyModuleDef_Type))
        return PyModule_FromDefAndSpec2(reinterpret_cast<PyModuleDef *>(made), spec, PYTHON_API_VERSION);
    if (!PyModule_Check(made)) {
        PyErr_Format(PyExc_SystemError, "the init function returned a %s, not a module", Py_TYPE(made)->tp_name);
        Py_DECREF(made);
        return nullptr;
    }
    PyModuleDef *const definition = PyModule_GetDef(made);
    const bool is_known = !definition || PyState_FindModule(definition) == made;
    if (!is_known && PyState_AddModule(made, definition) != 0) {
        Py_DECREF(made);
        return nullptr;
    }
    return made;
}

const void *slots_from(void *function) noexcept {
#if PY_VERSION_HEX >= 0x030F0000
    return reinterpret_cast<PySlot *(*)()>(function)();
#else
    (void)function;
    return nullptr;
#endif
}

PyObject *module_from_slots(const void *slots, PyObject *spec) {
#if PY_VERSION_HEX >= 0x030F0000
    if (slots) return PyModule_FromSlotsAndSpec(static_cast<const PySlot *>(slots), spec);
#else
    (void)slots;
    (void)spec;
#endif
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "the export function failed without an exception");
    return nullptr;
}

}  // namespace subinterp
