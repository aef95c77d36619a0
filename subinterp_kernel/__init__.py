"""CPython sub-interpreters for notebooks: named interpreters with their own GILs, which share memory in one process.

Names are loaded when they are first used, so that importing this package in a sub-interpreter is cheap and never
imports IPython or ZeroMQ.

PYTEST_DONT_REWRITE: pytest would warn that this package, which has a plugin, was imported before it in an interpreter.
"""

from __future__ import annotations

from importlib import import_module

# Type checkers know this name. `typing` is not imported: it takes longer than all that an interpreter needs at first.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from subinterp_kernel.errors import (
        AbandonedLockError,
        ClosedError,
        ExceptionSnapshot,
        ExecutionFailed,
        InterpreterError,
        InterpreterNotFoundError,
        InvalidEnvironmentError,
        InvalidNameError,
        NameTakenError,
        NotShareableError,
        SharedObjectGoneError,
        StartupError,
    )
    from subinterp_kernel.interpreters.closing import close_all
    from subinterp_kernel.interpreters.interpreter import Interpreter
    from subinterp_kernel.interpreters.pool.errors import BrokenInterpreterPool
    from subinterp_kernel.interpreters.pool.executor import InterpreterPoolExecutor
    from subinterp_kernel.interpreters.registry import create, get, get_current, get_main, list_all
    from subinterp_kernel.messaging.progress import report_progress
    from subinterp_kernel.shared.array import SharedArray
    from subinterp_kernel.shared.atomic import AtomicFlag, AtomicInt
    from subinterp_kernel.shared.memory import (
        SharedBlock,
        live_object_count,
        memory_in_use,
        memory_limit,
        set_memory_limit,
        shared_objects,
    )
    from subinterp_kernel.shared.queue import Queue, create_queue
    from subinterp_kernel.shared.queue_errors import QueueEmpty, QueueFull
    from subinterp_kernel.shared.serialization import is_shareable
    from subinterp_kernel.shared.sync import Barrier, Condition, Event, Lock, RLock, Semaphore

__version__ = "0.1.0"

__all__ = [
    # interpreters (PEP 734)
    "Interpreter",
    "create",
    "get",
    "list_all",
    "get_current",
    "get_main",
    "close_all",
    "is_shareable",
    # a pool
    "InterpreterPoolExecutor",
    "BrokenInterpreterPool",
    # shared memory
    "SharedArray",
    "SharedBlock",
    "AtomicInt",
    "AtomicFlag",
    "memory_in_use",
    "memory_limit",
    "set_memory_limit",
    # all shared objects
    "shared_objects",
    "live_object_count",
    # communication and synchronization
    "Queue",
    "create_queue",
    "Lock",
    "RLock",
    "Condition",
    "Event",
    "Semaphore",
    "Barrier",
    # in jobs
    "report_progress",
    # errors
    "InterpreterError",
    "ClosedError",
    "ExceptionSnapshot",
    "ExecutionFailed",
    "InterpreterNotFoundError",
    "InvalidNameError",
    "NameTakenError",
    "InvalidEnvironmentError",
    "NotShareableError",
    "SharedObjectGoneError",
    "AbandonedLockError",
    "QueueEmpty",
    "QueueFull",
    "StartupError",
    # IPython
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOME = {
    "shared.array": ("SharedArray",),
    "shared.atomic": ("AtomicFlag", "AtomicInt"),
    "errors": (
        "AbandonedLockError", "SharedObjectGoneError", "ClosedError", "ExceptionSnapshot", "ExecutionFailed",
        "InterpreterError", "InterpreterNotFoundError", "InvalidNameError", "NameTakenError", "NotShareableError",
        "StartupError", "InvalidEnvironmentError",
    ),
    "interpreters.interpreter": ("Interpreter",),
    "interpreters.pool.errors": ("BrokenInterpreterPool",),
    "interpreters.pool.executor": ("InterpreterPoolExecutor",),
    "shared.memory": (
        "SharedBlock", "live_object_count", "memory_in_use", "memory_limit", "set_memory_limit", "shared_objects",
    ),
    "messaging.progress": ("report_progress",),
    "shared.queue": ("Queue", "create_queue"),
    "shared.queue_errors": ("QueueEmpty", "QueueFull"),
    "shared.serialization": ("is_shareable",),
    "interpreters.closing": ("close_all",),
    "interpreters.registry": ("create", "get", "get_current", "get_main", "list_all"),
    "shared.sync": ("Barrier", "Condition", "Event", "Lock", "RLock", "Semaphore"),
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
    """Register ``%subinterp`` and ``%%subinterp``; called by ``%load_ext subinterp_kernel``.

    Raises
    ------
    UsageError
        This is not the main interpreter.
    """
    from subinterp_kernel.messaging import outbox

    if outbox.current() is not None:
        from IPython.core.error import UsageError

        raise UsageError(
            "%load_ext subinterp_kernel works in the main interpreter only; here, call its functions, such as "
            "subinterp_kernel.create()"
        )
    from subinterp_kernel.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove the magics; the interpreters stay open. Called by ``%unload_ext subinterp_kernel``."""
    from subinterp_kernel.notebook.extension import unload

    unload(shell)
