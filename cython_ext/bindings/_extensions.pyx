"""Extension modules that do not support interpreters with GILs of their own, loaded from private copies."""

from cpython.object cimport PyObject
from declaration cimport (
    Declaration, declaration_in_init_result, declaration_in_slots, known_declaration as known_declaration_of,
    remember_declaration,
)
from libcpp.optional cimport optional
from module_creation cimport (
    InitFunction, call_init, has_export_functions, module_from_init, module_from_slots, slots_from,
)
from private_libraries cimport find_function, load_private_copy, set_module_name

import _imp
import os

_ANY_EXTENSION = -1  # for CPython's check: every extension module may be loaded


_NAMES = {
    <int>Declaration.unknown: "unknown",
    <int>Declaration.single_phase: "single_phase",
    <int>Declaration.absent: "absent",
    <int>Declaration.none: "none",
    <int>Declaration.shared_gil: "shared_gil",
    <int>Declaration.own_gil: "own_gil",
    <int>Declaration.own_gil_with_capsules: "own_gil_with_capsules",
}


def known_declaration(str path):
    """Return what the extension module in a file says about sub-interpreters, if it is known; else None.

    ``"own_gil"``, ``"own_gil_with_capsules"``, ``"shared_gil"``, ``"none"``, ``"absent"``, ``"single_phase"``; or
    ``"unknown"`` if the file is not usable.
    """
    cdef optional[Declaration] found = known_declaration_of(os.fsencode(path))
    cdef Declaration declared
    if not found.has_value():
        return None
    declared = found.value()
    return _NAMES[<int>declared]


cdef class PrivateCopy:
    """A copy of an extension module's file that is loaded for this interpreter only, and stays loaded."""

    cdef void *_library
    cdef PyObject *_made  # what the init function returned, if it was not used yet
    cdef readonly str path
    cdef readonly size_t nbytes
    cdef object _collectable  # see module_reference.hpp

    def __init__(self, str path):
        cdef size_t nbytes = 0
        try:
            self._library = load_private_copy(os.fsencode(path), nbytes)
        except RuntimeError as failure:
            raise ImportError(str(failure), path=path) from None
        self.path = path
        self.nbytes = nbytes

    def declaration(self, str name):
        """Return what the module `name` declares, as :func:`known_declaration` does; calls its init function."""
        cdef void *export = self._export_function(name)
        cdef Declaration found
        if export != NULL:
            found = declaration_in_slots(slots_from(export))
        else:
            if self._made == NULL:
                self._made = self._call_init(name)
            found = declaration_in_init_result(self._made)
        remember_declaration(os.fsencode(self.path), found)
        return known_declaration(self.path)

    def create(self, spec):
        """Return a new module for this spec, made by the copy's init function; it may have to be executed."""
        cdef void *export = self._export_function(spec.name)
        if export != NULL:
            return with_any_extension(_from_slots, <size_t>slots_from(export), spec)
        cdef PyObject *made = self._made
        self._made = NULL
        if made == NULL:
            made = self._call_init(spec.name)
        return with_any_extension(_from_init, <size_t>made, spec)

    cdef void *_export_function(self, str name) except? NULL:
        if self._library == NULL:
            raise ImportError("no copy was loaded")
        return find_function(self._library, b"PyModExport" + _suffix(name)) if has_export_functions() else NULL

    cdef PyObject *_call_init(self, str name) except NULL:
        cdef bytes init_name = b"PyInit" + _suffix(name)
        cdef void *function = find_function(self._library, init_name)
        if function == NULL:
            raise ImportError(f"dynamic module does not define module export function ({init_name.decode()})",
                              name=name, path=self.path)
        set_module_name(name.encode())
        return <PyObject *><size_t>with_any_extension(_init, <size_t>function)


def execute(module):
    """Execute a module that :meth:`PrivateCopy.create` has returned."""
    with_any_extension(_imp.exec_dynamic, module)


def with_any_extension(function, *arguments):
    """Call the function while CPython lets every extension module be loaded."""
    return _with_override(_ANY_EXTENSION, function, arguments)


def with_check(function, *arguments):
    """Call the function while CPython checks again which extension modules may be loaded."""
    return _with_override(0, function, arguments)


cdef bytes _suffix(str name):
    """Return what follows ``PyInit`` in the name of a module's init function (PEP 489)."""
    last = name.rpartition(".")[2]
    if last.isascii():
        return b"_" + last.encode()
    return b"U_" + last.encode("punycode").replace(b"-", b"_")


def _init(size_t function):
    """Call an init function; return the address of what it returns, with its reference."""
    return <size_t>call_init(<InitFunction><void *>function)


def _from_init(size_t made, spec):
    return module_from_init(<PyObject *>made, spec)


def _from_slots(size_t slots, spec):
    return module_from_slots(<const void *>slots, spec)


cdef _with_override(int override, function, arguments):
    before = _imp._override_multi_interp_extensions_check(override)
    try:
        return function(*arguments)
    finally:
        _imp._override_multi_interp_extensions_check(before)
