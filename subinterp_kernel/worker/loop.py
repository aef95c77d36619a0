"""The life of a sub-interpreter's own thread: serve requests, shut down. The first request imports what all need.

``serve`` and ``shut_down`` are called from C, on the thread that has made the interpreter. No code of the user runs
before the first request, so an interpreter that has none is made and ended as fast as one of CPython's own, and what
the first one imports cannot be disturbed by user code: by other entries of ``sys.path``, or changed builtins.
"""

from __future__ import annotations

import builtins
import marshal
import sys

from subinterp_kernel.bindings import _worker_thread
from subinterp_kernel.interpreters import search_path

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from subinterp_kernel.bindings._worker_thread import Reply

# User code may change its builtins; this module keeps those that it has started with.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["serve", "shut_down"]

_ASYNCIO_LOOP = "subinterp_kernel.worker.asyncio_loop"  # imported when a cell needs asyncio

_RAISED = 1  # protocol.RAISED

_preparation: Any = None  # the module; kept here, because user code may clear sys.modules
_handlers: dict[int, Callable[[bytes], Reply]] = {}


def serve() -> None:
    """Serve requests until the interpreter is closed."""
    search_path.remove_start_entry()
    _worker_thread.serve(_dispatch, _describe, _run_tasks, _end_tasks)


def shut_down() -> None:
    """Run the exit functions of user code and end its threads; then clear ``__main__``."""
    if not _handlers and "threading" not in sys.modules:
        return  # nothing has run here; code that site runs, such as sitecustomize, could have started threads
    if _preparation is None:
        _import_preparation()
    _preparation.shut_down()


def _dispatch(kind: int, payload: bytes) -> Reply:
    if not _handlers:
        _prepare()
    return _handlers[kind](payload)


def _describe(kind: int, error: BaseException) -> Reply:
    try:
        if not _handlers:
            _prepare()  # an interrupt has ended the first request before it had begun
    except Exception as failure:  # noqa: BLE001 - what this package needs is broken, and so may be all that describes it
        names = type(failure).__name__, type(failure).__qualname__, type(failure).__module__
        return _RAISED, marshal.dumps((*names, f"this interpreter could not be prepared: {failure}", "")), ()
    reply: Reply = _preparation.describe(kind, error)
    return reply


def _prepare() -> None:
    try:
        _worker_thread.hold_interrupts(True)  # a module whose import is interrupted would stay half-imported
        _import_preparation()
        _handlers.update(_preparation.prepare())
    finally:
        _worker_thread.hold_interrupts(False)


def _import_preparation() -> None:
    global _preparation
    from subinterp_kernel.worker import preparation

    _preparation = preparation


def _run_tasks() -> bool:
    asyncio_loop = sys.modules.get(_ASYNCIO_LOOP)
    return asyncio_loop is not None and bool(asyncio_loop.run_until_request())


def _end_tasks() -> bool:
    asyncio_loop = sys.modules.get(_ASYNCIO_LOOP)
    return asyncio_loop is not None and bool(asyncio_loop.cancel_tasks())
