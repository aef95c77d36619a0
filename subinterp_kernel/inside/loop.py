"""The life of a sub-interpreter's own thread: set up, serve requests, say farewell.

``serve`` and ``farewell`` are called from C, on the thread that has made the interpreter.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from subinterp_kernel import confinement
from subinterp_kernel.compiled import inside as _inside
from subinterp_kernel.inside import failure, runner, streams, threads, waits

if TYPE_CHECKING:
    from subinterp_kernel._inside import Reply

# User code may do what it likes to its builtins; this module goes on with those it has begun with.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["farewell", "outbox", "own_handle", "serve"]

_COROUTINES = "subinterp_kernel.inside.coroutines"  # imported when a cell wants asyncio; until then it costs nothing

own_handle = 0
outbox: _inside.Outbox | None = None

_handlers: dict[int, Callable[[bytes], Reply]] = {}


def serve() -> None:
    """Answer requests until the interpreter is closed."""
    global outbox, own_handle
    own_handle = _inside.handle()
    threads.adopt_main_thread()
    confinement.confine_sys()
    waits.make_interruptible(_inside.sleep)
    sys.argv = [""]
    outbox = _inside.Outbox()
    streams.redirect(outbox)
    _handlers.update(runner.Runner(outbox).handlers())
    _inside.serve(_dispatch, failure.describe, _run_tasks, _end_tasks)


def farewell() -> None:
    """Run what the interpreter's own code has registered for its end, and end its threads."""
    threads.run_exit_functions()
    runner.clear_main()
    threads.end_all()


def _run_tasks() -> bool:
    coroutines = sys.modules.get(_COROUTINES)
    return coroutines is not None and bool(coroutines.run_until_asked())


def _end_tasks() -> bool:
    coroutines = sys.modules.get(_COROUTINES)
    return coroutines is not None and bool(coroutines.end_tasks())


def _dispatch(kind: int, payload: bytes) -> Reply:
    return _handlers[kind](payload)
