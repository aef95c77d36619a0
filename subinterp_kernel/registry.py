"""All interpreters of the process: create, find, list, and close them in order at exit."""

from __future__ import annotations

import atexit
import datetime  # noqa: F401 - see _prepare_process
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from subinterp_kernel import channel, confinement, surroundings
from subinterp_kernel.compiled import lifecycle
from subinterp_kernel.errors import InterpreterError, InvalidNameError, NameTakenError, StartupError
from subinterp_kernel.interpreter import MAIN_NAME, Interpreter

__all__ = [
    "adopt", "adopt_settled", "check_name", "close_all", "create", "create_unnamed", "current", "get", "get_main",
    "list_all",
]  # fmt: skip

_LONGEST_NAME = 1000  # it is to fit into tables and messages
_ENTRY_MODULE = "subinterp_kernel.inside.loop"
_GILS = ("own", "shared")
_EXIT_PATIENCE = 1.5  # seconds for everything to end when the process does

_prepared = False
_ending = False
_spawning = threading.Lock()
_given_up: set[int] = set()  # handles for whose end close_all() has waited in vain


def create(
    name: str | None = None,
    *,
    gil: str = "own",
    path: Iterable[surroundings.Folder] = (),
    venv: surroundings.Folder | None = None,
    env: Mapping[str, str] | None = None,
) -> Interpreter:
    """Make a new interpreter.

    Parameters
    ----------
    name : str, optional
        Any text without commas and white space, other than ``"main"``, that no live interpreter has. By default
        ``"interp1"``, ``"interp2"`` and so on.
    gil : {"own", "shared"}
        ``"own"`` runs in parallel to all others, and refuses extension modules that do not support it. ``"shared"``
        takes turns with the main interpreter, and loads modules that only support that.
    path : iterable of str or path-like, optional
        Folders that come before everything else on its ``sys.path``.
    venv : str or path-like, optional
        The folder of a virtual environment of this Python version, whose packages come next, before the caller's.
    env : mapping of str to str, optional
        Gives it an ``os.environ`` of its own: a copy of the caller's, with these. What is set there reaches its own
        child processes, and nobody else. An empty mapping will do. Without one it uses the process's environment.

    Returns
    -------
    Interpreter
        Ready for its first request.

    Raises
    ------
    InvalidNameError, NameTakenError
        The name will not do.
    SurroundingsError
        A folder, the virtual environment or a variable will not do.
    StartupError
        CPython could not make it, e.g. for want of memory; or what a ``.pth`` file of `venv` does has failed.

    Notes
    -----
    Thread-safe, and callable from every interpreter. Takes 15-30 ms. ``sys.path`` is copied from the caller. The
    C call underneath is ``Py_NewInterpreterFromConfig`` (:pep:`684`).
    """
    if gil not in _GILS:
        raise ValueError(f"gil is 'own' or 'shared', not {gil!r}")
    if name is not None:
        check_name(name)
    wanted = surroundings.request(path, venv, env)
    if wanted is not None:
        return adopt_settled(_start("", gil == "own"), wanted, name)
    return _wait_until_up(_under(name, lambda name: _start(name, gil == "own")))


def create_unnamed() -> Interpreter:
    """Start an interpreter for later :func:`adopt`; it is not listed, and this does not wait until it is up."""
    return _start("", own_gil=True)


def adopt_settled(interpreter: Interpreter, wanted: bytes, name: str | None = None) -> Interpreter:
    """Give an unnamed interpreter its surroundings and then its name; close it where either fails.

    So nobody else can use it before it has them.
    """
    try:
        surroundings.settle(_wait_until_up(interpreter), wanted)
        return _under(name, lambda name: adopt(interpreter, name))
    except BaseException:
        interpreter.close()
        raise


def adopt(interpreter: Interpreter, name: str) -> Interpreter:
    """Give an unnamed interpreter its name; from then on it is listed."""
    check_name(name)
    worker = interpreter._worker
    if worker is None:
        raise InvalidNameError("the main interpreter keeps its name")
    worker.rename(name)
    return interpreter


def get(name: str | int) -> Interpreter:
    """Return the live interpreter of that name or id, or raise InterpreterNotFoundError."""
    return Interpreter(name)


def get_main() -> Interpreter:
    """Return the interpreter that the process began with."""
    return Interpreter._of(None)


def current() -> Interpreter:
    """Return the interpreter in which this call runs."""
    handle = lifecycle.current_handle() or _handle_of_this_interpreter()
    if not handle:
        return get_main()
    return Interpreter._of(next(worker for worker in lifecycle.live() if worker.handle == handle))


def list_all() -> list[Interpreter]:
    """Return all live interpreters, the main one first, then in the order in which they were made."""
    return [get_main(), *(Interpreter._of(worker) for worker in lifecycle.live() if worker.name)]


def close_all(timeout: float = 5.0) -> list[str]:
    """Close all interpreters but the main one, together.

    Parameters
    ----------
    timeout : float
        Seconds for all of them.

    Returns
    -------
    list of str
        The names of those that could not be ended.
    """
    workers = lifecycle.live()
    for worker in workers:
        worker.refuse_further_requests()
    end = time.monotonic() + timeout
    for worker in workers:
        worker.interrupt()
    for worker in workers:
        while not worker.wait_until_down(min(0.1, max(0.0, end - time.monotonic()))):
            worker.interrupt()
            if time.monotonic() >= end or worker.handle in _given_up:
                _given_up.add(worker.handle)
                break
    return [worker.name for worker in workers if worker.state not in ("closed", "failed")]


def check_name(name: object) -> str:
    """Return the name if it can name an interpreter, else raise InvalidNameError."""
    if not isinstance(name, str):
        raise InvalidNameError(f"an interpreter's name is a str, not {type(name).__name__}")
    if not name or "," in name or any(character.isspace() for character in name):
        raise InvalidNameError(
            f"{name!r} cannot name an interpreter: a name has no commas, no white space, and is not empty"
        )
    if name == MAIN_NAME:
        raise InvalidNameError("'main' is the name of the main interpreter; choose another one")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidNameError(f"{name!r} cannot name an interpreter: it has a lone surrogate in it") from None
    if not name.isprintable() or name.startswith("-"):
        raise InvalidNameError(f"{name!r} cannot name an interpreter: a name is readable, and begins with no dash")
    if len(name) > _LONGEST_NAME:
        raise InvalidNameError(
            f"{name[:20] + '...'!r} cannot name an interpreter: a name has at most {_LONGEST_NAME} characters"
        )
    return name


def _start(name: str, own_gil: bool) -> Interpreter:
    _prepare_process()
    path = [os.fsencode(entry) for entry in surroundings.main_path()]
    with _spawning:
        if _ending:
            raise InterpreterError("the process is ending: no more interpreters can be made")
        return Interpreter._of(lifecycle.spawn(name, own_gil, _ENTRY_MODULE, path))


def _under(name: str | None, take: Callable[[str], Interpreter]) -> Interpreter:
    """Take an interpreter under that name, or under the first number that is free."""
    if name is not None:
        return take(name)
    for number in itertools.count(1):
        try:
            return take(f"interp{number}")
        except NameTakenError:
            continue
    raise AssertionError("unreachable")


def _wait_until_up(interpreter: Interpreter) -> Interpreter:
    worker = interpreter._worker
    assert worker is not None
    worker.wait_until_up()
    if worker.state == "failed":
        who = f"interpreter {worker.name!r}" if worker.name else "the interpreter"
        raise StartupError(f"{who} did not start: {worker.failure}")
    return interpreter


def _handle_of_this_interpreter() -> int:
    # On a thread that user code has started inside, the thread does not tell; the worker's loop has left word.
    loop = sys.modules.get(_ENTRY_MODULE)
    return getattr(loop, "own_handle", 0)


def _prepare_process() -> None:
    """Do once, in the main interpreter, what must precede the first sub-interpreter."""
    global _prepared
    if lifecycle.current_handle() or _handle_of_this_interpreter():
        return
    channel.start()
    if _prepared:
        return
    # datetime, imported above, must be imported here before any sub-interpreter does: on 3.13 closing two that
    # imported it crashes otherwise.
    lifecycle.prepare_process()
    confinement.confine_sys()
    atexit.register(_at_exit)
    _prepared = True


def _at_exit() -> None:
    """Close everything; runs after the main interpreter's own threads have ended."""
    global _ending
    with _spawning:
        _ending = True
    leftovers = close_all(_EXIT_PATIENCE)
    channel.stop()
    if leftovers or lifecycle.abandoned():
        lifecycle.bury_abandoned(0.3)
    if not isinstance(getattr(sys, "last_exc", None), KeyboardInterrupt):
        # CPython notes in one flag for all interpreters that source code given to exec() ended with KeyboardInterrupt,
        # and would now end the process as if by Ctrl-C. Another such exec() clears the flag.
        exec("")


def _forget_after_fork() -> None:
    # A child has none of its parent's interpreters; its own come with their own preparation.
    global _prepared, _ending, _spawning
    _prepared = _ending = False
    _spawning = threading.Lock()
    atexit.unregister(_at_exit)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
