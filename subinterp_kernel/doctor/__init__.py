"""The doctor: which packages work in sub-interpreters, how well, and why not.

Usable without Jupyter: neither IPython nor ZeroMQ is loaded.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from subinterp_kernel.doctor.errors import DoctorError
    from subinterp_kernel.doctor.examiner import examine
    from subinterp_kernel.doctor.records import Levels, Module, Package, Report

__all__ = ["examine", "Report", "Package", "Module", "Levels", "DoctorError"]

_HOME = {"DoctorError": "errors", "examine": "examiner"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'records')}"), name)
    globals()[name] = value
    return value
