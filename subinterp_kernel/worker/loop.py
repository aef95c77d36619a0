"""The life of a sub-interpreter's own thread: set up, serve requests, shut down.

``serve`` and ``shut_down`` are called from C, on the thread that has made the interpreter.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.extensions import importer
from subinterp_kernel.interpreters import sys_isolation
from subinterp_kernel.messaging import outbox
from subinterp_kernel.worker import finalization, interruptible, request_handlers, streams, threads, tracebacks

if TYPE_CHECKING:
    from subinterp_kernel.bindings._worker_thread import Reply

# User code may change its builtins; this module keeps those that it has started with.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["serve", "shut_down"]

_ASYNCIO_LOOP = "subinterp_kernel.worker.asyncio_loop"  # imported when a cell needs asyncio

_handlers: dict[int, Callable[[bytes], Reply]] = {}


def serve() -> None:
    """Serve requests until the interpreter is closed."""
    own_outbox = _worker_thread.Outbox()
    outbox.set_current(own_outbox)
    threads.adopt_main_thread()
    sys_isolation.isolate_sys()
    if own_outbox.own_gil:
        importer.install()
    interruptible.make_interruptible(_worker_thread.sleep)
    sys.unraisablehook = own_outbox.report_unraisable
    sys.argv = [""]
    streams.redirect(own_outbox)
    _handlers.update(request_handlers.RequestHandlers(own_outbox).by_kind())
    _worker_thread.serve(_dispatch, tracebacks.describe, _run_tasks, _end_tasks)


def shut_down() -> None:
    """Run the exit functions of user code and end its threads; then clear ``__main__``."""
    threads.run_exit_functions()
    threads.end_all()
    request_handlers.clear_main()
    finalization.drop_late_references()


def _run_tasks() -> bool:
    asyncio_loop = sys.modules.get(_ASYNCIO_LOOP)
    return asyncio_loop is not None and bool(asyncio_loop.run_until_request())


def _end_tasks() -> bool:
    asyncio_loop = sys.modules.get(_ASYNCIO_LOOP)
    return asyncio_loop is not None and bool(asyncio_loop.cancel_tasks())


def _dispatch(kind: int, payload: bytes) -> Reply:
    return _handlers[kind](payload)
