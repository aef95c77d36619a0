"""Threads of a sub-interpreter: which one is the main thread, and how all of them end."""

from __future__ import annotations

import atexit
import contextlib
import threading
import time

from subinterp_kernel.bindings import worker_thread as _worker_thread

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["adopt_main_thread", "end_all", "run_exit_functions"]

_PATIENCE = 1.0  # seconds for threads to end by themselves, and again after they were told to


def adopt_main_thread() -> None:
    """Make the worker's thread what ``threading.main_thread()`` returns.

    From 3.13 on, :mod:`threading` takes the process's main thread for that of every interpreter.
    """
    main = threading.main_thread()
    main._ident = threading.get_ident()  # type: ignore[attr-defined]
    if hasattr(main, "_native_id"):
        main._native_id = threading.get_native_id()
    active = threading._active  # type: ignore[attr-defined]
    active.clear()
    active[main.ident] = main


def run_exit_functions() -> None:
    """Run what user code has registered with :mod:`atexit`, while an interrupt can still reach it."""
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()


def end_all() -> None:
    """Shut idle thread pools down, join the other threads, and raise SystemExit in those that do not end."""
    if _exit_functions_of_pools():
        pools = threading.Thread(target=_shut_pools_down)
        try:
            pools.start()
        except RuntimeError:  # no further thread, as in an interpreter that is ending already
            return
    if _join(_others(), _PATIENCE):
        return
    _worker_thread.end_other_threads()
    _join(_others(), _PATIENCE)


def _shut_pools_down() -> None:
    # What concurrent.futures registers here joins its workers without a limit: hence a thread of its own.
    registered = _exit_functions_of_pools()
    while registered:
        registered.pop()()


def _exit_functions_of_pools() -> list[Callable[[], object]]:
    return getattr(threading, "_threading_atexits", [])


def _others() -> list[threading.Thread]:
    me = threading.current_thread()
    return [thread for thread in threading.enumerate() if thread is not me]


def _join(threads: Iterable[threading.Thread], patience: float) -> bool:
    end = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            return False
    return True
