"""What users and authors of a package can do: one recipe for each toolchain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from subinterp_kernel.doctor.records import Levels

__all__ = ["FOR_AUTHORS", "for_authors", "for_users", "reason_of"]

# Why CPython refuses a module, by what it declares.
_REASONS = {
    "shared-gil": "it supports interpreters that share one GIL, but none with a GIL of its own",
    "absent": "it does not declare support for interpreters with a GIL of their own (Py_mod_multiple_interpreters)",
    "none": "it declares that it works in the main interpreter only",
    "single-phase": "its init function makes the module itself (single-phase init), one for the whole process",
}

_SLOT = "{Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}"
FOR_AUTHORS = {
    "C": (
        "C: return PyModuleDef_Init(&definition) from the init function (PEP 489), keep all objects in the module's "
        f"state, make classes with PyType_FromModuleAndSpec, then add the slot {_SLOT}. With the stable ABI, the slot "
        "needs Py_LIMITED_API 0x030C0000 or later. CPython 3.15 has new numbers for slots and still takes those of 3.12"
    ),
    "Cython": (
        "Cython: add the directive `# cython: subinterpreters_compatible=own_gil`, compile with "
        "-DCYTHON_USE_MODULE_STATE=1 -DCYTHON_USE_TYPE_SPECS=1, and keep no Python objects in cdef variables of the "
        "module"
    ),
    "pybind11": (
        "pybind11: use version 3 or later, write PYBIND11_MODULE(name, m, "
        "py::multiple_interpreters::per_interpreter_gil()), and keep no py::object in static variables"
    ),
    "PyO3": (
        "PyO3: it keeps classes in static variables and cannot declare support yet. Keep Python objects out of "
        "static variables (PyOnceLock, GILOnceCell), so that the module is ready when PyO3 is"
    ),
    "nanobind": (
        "nanobind: it keeps its table of types once per process; there is no option to declare support. Build against "
        "a newer version when there is one"
    ),
    "SWIG": (
        "SWIG: its table of types belongs to the process, so its modules cannot declare support. Keep the wrapped "
        "library and write a small module in C or Cython for what interpreters need"
    ),
    "f2py": (
        "f2py: variables and COMMON blocks of Fortran belong to the process, and f2py declares no support. Wrap "
        "routines without such variables with Cython"
    ),
    "mypyc": (
        "mypyc: it keeps its objects in C variables and cannot declare support. Offer the same modules uncompiled, and "
        "import those when the compiled ones are refused"
    ),
    "cffi": (
        "cffi: its modules need _cffi_backend, which keeps its types in C variables. Wrap the library with ctypes or "
        "Cython for interpreters"
    ),
}


def reason_of(declared: str | None) -> str | None:
    """Return why CPython refuses a module that declares this; None if it does not."""
    return _REASONS.get(declared or "")


def for_users(name: str, levels: Levels) -> list[str]:
    """Return what somebody can do who uses a package.

    Parameters
    ----------
    name : str
        The package.
    levels : Levels
        How well it works.
    """
    if levels.imports and levels.survives is not False:
        return []
    if levels.imports is None:  # nothing was tried, so nothing is known to help
        return [f"`subinterp-kernel doctor {name}` tries private copies"] if levels.declared in _REASONS else []
    found = []
    if levels.private:
        policy = "private" if levels.imports else "auto"
        default = "" if levels.imports else ", which is the default"
        found.append(f"use private copies of its extension modules: `--extensions {policy}`{default}")
    if levels.declared in _REASONS and levels.declared != "none":
        found.append(f"use {name} in one interpreter with `--gil shared`, without parallelism")
    found.append(f"use {name} in main, and pass data to other interpreters as a SharedArray")
    return found


def for_authors(toolchains: Iterable[str], levels: Levels) -> list[str]:
    """Return the recipe for each toolchain of a package that refuses or fails."""
    if levels.declared == "own-gil" and levels.survives is False:
        return ["it declares support that it does not have: keep no Python objects in C variables, or remove the slot"]
    if levels.declared not in _REASONS:
        return []
    return [FOR_AUTHORS[toolchain] for toolchain in toolchains if toolchain in FOR_AUTHORS]
