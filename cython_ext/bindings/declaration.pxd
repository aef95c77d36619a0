from cpython.object cimport PyObject
from libcpp.optional cimport optional
from libcpp.string cimport string

cdef extern from "extensions/declaration.hpp" namespace "subinterp":
    cdef enum class Declaration(int):
        unknown
        single_phase
        absent
        none
        shared_gil
        own_gil
        own_gil_with_capsules

    optional[Declaration] known_declaration(const string &path) except +
    void remember_declaration(const string &path, Declaration declaration) except +
    Declaration declaration_in_init_result(PyObject *made) noexcept
    Declaration declaration_in_slots(const void *slots) noexcept
