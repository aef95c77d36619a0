"""The process: what must precede the first sub-interpreter, and what happens to interpreters when the process exits."""

from __future__ import annotations

import atexit
import contextlib
import datetime  # noqa: F401 - on 3.13 closing two interpreters that imported it crashes, unless main imported it first
import os
import sys
import threading
from collections.abc import Iterator

from subinterp_kernel import bindings
from subinterp_kernel.bindings import control
from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreters import closing, sys_isolation
from subinterp_kernel.messaging import event_reader, outbox

__all__ = ["prepare", "starting_interpreters"]

_EXIT_TIMEOUT = 1.5  # seconds for all interpreters to end when the process does
_STOP_TIMEOUT = 0.3  # seconds after that for the threads of the others to stop
_END_TIMEOUT = 10.0  # seconds for those that CPython is just making or ending: it cannot be finalized meanwhile

_prepared = False
_ending = False
_starting = threading.Lock()


def prepare() -> None:
    """Do what is needed before a sub-interpreter is created; most of it once, in the main interpreter.

    Raises
    ------
    InterpreterError
        No interpreter can be created now.
    """
    global _prepared
    _refuse_tracemalloc()
    if outbox.current() is not None:
        return
    event_reader.start()
    if not _prepared:
        bindings.main_interpreter.prepare_process()
        sys_isolation.isolate_sys()
        atexit.register(_at_exit)
        _prepared = True


@contextlib.contextmanager
def starting_interpreters() -> Iterator[None]:
    """Hold up the end of the process while the context lasts; InterpreterError if it has begun."""
    with _starting:
        if _ending:
            raise InterpreterError("the process is ending: no more interpreters can be made")
        yield


def _refuse_tracemalloc() -> None:
    # Its hooks attach every thread that allocates to the main interpreter, and keep objects of one interpreter for
    # another: the thread that makes an interpreter would wait for itself.
    if control.tracemalloc_traces():
        raise InterpreterError("no interpreter can be made while tracemalloc traces: call tracemalloc.stop() first")


def _at_exit() -> None:
    """Close everything; runs after the main interpreter's own threads have ended."""
    global _ending
    with _starting:
        _ending = True
    leftovers = closing.close_all(_EXIT_TIMEOUT)
    event_reader.stop()
    if (leftovers or control.abandoned()) and not bindings.main_interpreter.detach_interpreters(
        _STOP_TIMEOUT, _END_TIMEOUT
    ):
        _exit_without_finalization()
    if not isinstance(getattr(sys, "last_exc", None), KeyboardInterrupt):
        # CPython notes in one flag for all interpreters that source code given to exec() ended with KeyboardInterrupt,
        # and would now end the process as if by Ctrl-C. Another such exec() clears the flag.
        exec("")


def _exit_without_finalization() -> None:
    """End the process because an interpreter is still being ended; finalization would crash."""
    atexit.unregister(_at_exit)
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    # The status of sys.exit() is not known here; that of an exception is 1.
    bindings.main_interpreter.exit_now(1 if hasattr(sys, "last_exc") else 0)


def _forget_after_fork() -> None:
    # A child has none of its parent's interpreters; its own come with their own preparation.
    global _prepared, _ending, _starting
    _prepared = _ending = False
    _starting = threading.Lock()
    atexit.unregister(_at_exit)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
