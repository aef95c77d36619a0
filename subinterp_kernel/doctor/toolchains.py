"""Recognizes by texts in its file what an extension module was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

__all__ = ["PLAIN_C", "toolchain_in"]

PLAIN_C = "C"

# In this order, because a module can have texts of two: f2py and nanobind put theirs beside those of C, and code that
# uses NumPy's or Cython's interface names these, too.
_MARKS = {
    "pybind11": (b"pybind11_builtins", b"__pybind11_internals"),
    "nanobind": (b"nanobind_", b"nb_internals", b"nanobind::"),
    "PyO3": (b"pyo3_runtime", b"PyO3"),
    "SWIG": (b"swig_runtime_data", b"SwigPyObject"),
    "f2py": (b"f2py_version", b"F2PyCapsule", b"__f2py_numpy_version__"),
    "Cython": (b"cython_runtime", b"__pyx_capi__", b"_cython_"),
    "mypyc": (b"mypyc", b"CPyStatic"),
    "cffi": (b"_cffi_backend.", b"_cffi_init"),
}


def toolchain_in(content: mmap | bytes) -> str:
    """Return what made an extension module; ``"C"`` if nothing says.

    Parameters
    ----------
    content : mmap or bytes
        The whole file.
    """
    for name, marks in _MARKS.items():
        if any(content.find(mark) >= 0 for mark in marks):
            return name
    return PLAIN_C
