"""The compiled extension modules, each loaded when it is first used. Importable in every interpreter.

``from subinterp_kernel.bindings import control`` imports ``subinterp_kernel.bindings._control``, or raises an
ImportError of one sentence that says how to install the compiled parts.
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import ModuleType

    from subinterp_kernel.bindings import _array as array
    from subinterp_kernel.bindings import _array_layout as array_layout
    from subinterp_kernel.bindings import _atomic as atomic
    from subinterp_kernel.bindings import _barrier as barrier
    from subinterp_kernel.bindings import _condition as condition
    from subinterp_kernel.bindings import _control as control
    from subinterp_kernel.bindings import _extensions as extensions
    from subinterp_kernel.bindings import _lock as lock
    from subinterp_kernel.bindings import _main_interpreter as main_interpreter
    from subinterp_kernel.bindings import _memory as memory
    from subinterp_kernel.bindings import _queue_watch as queue_watch
    from subinterp_kernel.bindings import _queues as queues
    from subinterp_kernel.bindings import _sync as sync
    from subinterp_kernel.bindings import _task_pool as task_pool
    from subinterp_kernel.bindings import _worker_thread as worker_thread

__all__ = [
    "array",
    "array_layout",
    "atomic",
    "barrier",
    "condition",
    "control",
    "extensions",
    "lock",
    "main_interpreter",
    "memory",
    "queue_watch",
    "queues",
    "sync",
    "task_pool",
    "worker_thread",
]

if "free-threading build" in sys.version:  # sysconfig, which knows it too, takes long to import
    raise ImportError(
        "subinterp_kernel needs a CPython with the GIL; this one is a free-threaded build, in which threads run in "
        "parallel already"
    )


def __getattr__(name: str) -> ModuleType:
    # One at a time: every interpreter executes them again, and most interpreters need only a few.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}._{name}")
    except ImportError as missing:
        raise ImportError(
            "subinterp_kernel's compiled core cannot be loaded; install the package with `pip install .` (a C++ "
            f"compiler is needed) instead of importing it from its source folder [{missing}]"
        ) from missing
    globals()[name] = module  # so that the next use does not come here
    return module
