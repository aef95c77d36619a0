"""CPython sub-interpreters for notebooks: named interpreters with a GIL of their own, sharing memory in one process.

Names are loaded when they are first used, so that importing this package in a sub-interpreter costs nothing and never
touches IPython or ZeroMQ.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from subinterp_kernel.array import SharedArray
    from subinterp_kernel.atomic import AtomicFlag, AtomicInt
    from subinterp_kernel.errors import (
        AbandonedLockError,
        BlockGoneError,
        ClosedError,
        ExceptionSnapshot,
        ExecutionFailed,
        InterpreterError,
        InterpreterNotFoundError,
        InvalidNameError,
        NameTakenError,
        NotShareableError,
        StartupError,
        SurroundingsError,
    )
    from subinterp_kernel.interpreter import Interpreter
    from subinterp_kernel.memory import (
        SharedBlock,
        live_block_count,
        memory_in_use,
        memory_limit,
        set_memory_limit,
        shared_blocks,
    )
    from subinterp_kernel.progress import report_progress
    from subinterp_kernel.queues import Queue
    from subinterp_kernel.registry import close_all, create, current, get, get_main, list_all
    from subinterp_kernel.sync import Barrier, Condition, Event, Lock, RLock, Semaphore

__version__ = "0.1.0"

__all__ = [
    # interpreters (PEP 734)
    "Interpreter",
    "create",
    "get",
    "list_all",
    "current",
    "get_main",
    "close_all",
    # shared memory
    "SharedArray",
    "SharedBlock",
    "AtomicInt",
    "AtomicFlag",
    "shared_blocks",
    "live_block_count",
    "memory_in_use",
    "memory_limit",
    "set_memory_limit",
    # between interpreters
    "Queue",
    "Lock",
    "RLock",
    "Condition",
    "Event",
    "Semaphore",
    "Barrier",
    # from within a job
    "report_progress",
    # errors
    "InterpreterError",
    "ClosedError",
    "ExceptionSnapshot",
    "ExecutionFailed",
    "InterpreterNotFoundError",
    "InvalidNameError",
    "NameTakenError",
    "SurroundingsError",
    "NotShareableError",
    "BlockGoneError",
    "AbandonedLockError",
    "StartupError",
    # IPython
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOME = {
    "array": ("SharedArray",),
    "atomic": ("AtomicFlag", "AtomicInt"),
    "errors": (
        "AbandonedLockError", "BlockGoneError", "ClosedError", "ExceptionSnapshot", "ExecutionFailed",
        "InterpreterError", "InterpreterNotFoundError", "InvalidNameError", "NameTakenError", "NotShareableError",
        "StartupError", "SurroundingsError",
    ),
    "interpreter": ("Interpreter",),
    "memory": (
        "SharedBlock", "live_block_count", "memory_in_use", "memory_limit", "set_memory_limit", "shared_blocks",
    ),
    "progress": ("report_progress",),
    "queues": ("Queue",),
    "registry": ("close_all", "create", "current", "get", "get_main", "list_all"),
    "sync": ("Barrier", "Condition", "Event", "Lock", "RLock", "Semaphore"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register ``%subinterp`` and ``%%subinterp``; what ``%load_ext subinterp_kernel`` calls."""
    from subinterp_kernel.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again; the interpreters stay."""
    from subinterp_kernel.notebook.extension import unload

    unload(shell)
