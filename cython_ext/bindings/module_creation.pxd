from cpython.object cimport PyObject

cdef extern from "extensions/module_creation.hpp" namespace "subinterp":
    ctypedef PyObject *(*InitFunction)()

    PyObject *call_init(InitFunction function) except NULL
    bint has_export_functions() noexcept
    const void *slots_from(void *function) noexcept
    object module_from_init(PyObject *made, object spec)
    object module_from_slots(const void *slots, object spec)
