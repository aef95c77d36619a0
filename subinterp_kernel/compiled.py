"""The compiled extensions, each loaded when it is first asked for, or one sentence that says why it cannot be."""

from __future__ import annotations

import sysconfig
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subinterp_kernel import _array as array
    from subinterp_kernel import _atomic as atomic
    from subinterp_kernel import _barrier as barrier
    from subinterp_kernel import _condition as condition
    from subinterp_kernel import _inside as inside
    from subinterp_kernel import _lifecycle as lifecycle
    from subinterp_kernel import _lock as lock
    from subinterp_kernel import _memory as memory
    from subinterp_kernel import _queue_watch as queue_watch
    from subinterp_kernel import _queues as queues
    from subinterp_kernel import _sync as sync

__all__ = [
    "array",
    "atomic",
    "barrier",
    "condition",
    "inside",
    "lifecycle",
    "lock",
    "memory",
    "queue_watch",
    "queues",
    "sync",
]

if sysconfig.get_config_var("Py_GIL_DISABLED"):
    raise ImportError(
        "subinterp_kernel needs a CPython with the GIL; in this one, which is free-threaded, threads run in parallel"
    )


def __getattr__(name: str) -> ModuleType:
    # Not all at once: each interpreter executes them anew, and most need few of them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(f"subinterp_kernel._{name}")
    except ImportError as missing:
        raise ImportError(
            "subinterp_kernel's compiled core cannot be loaded; install the package with `pip install .` (a C++ "
            f"compiler is needed) instead of importing it from its source folder [{missing}]"
        ) from missing
