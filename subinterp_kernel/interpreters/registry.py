"""All interpreters of the process: create, name, find and list them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping

from subinterp_kernel.bindings import control
from subinterp_kernel.errors import InvalidNameError, NameTakenError, StartupError
from subinterp_kernel.interpreters import environment, names, process, search_path
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.messaging import outbox

__all__ = [
    "assign_name", "check_name", "configure_and_name", "create", "create_unnamed", "get", "get_current",
    "get_main", "left_behind", "list_all", "start",
]  # fmt: skip

_ENTRY_MODULE = "subinterp_kernel.worker.loop"
_GILS = ("own", "shared")


check_name = names.check_name


def create(  # noqa: PLR0913 - all but the name are given by keyword
    name: str | None = None,
    *,
    gil: str = "own",
    path: Iterable[environment.Folder] = (),
    venv: environment.Folder | None = None,
    env: Mapping[str, str] | None = None,
    extensions: str | None = None,
) -> Interpreter:
    """Make a new interpreter.

    Parameters
    ----------
    name : str, optional
        Letters, digits, emoji, ``_``, ``-`` and single dots; no ``-`` at the beginning. Not ``"main"``, nor the name
        of another live interpreter. By default ``"interp1"``, ``"interp2"`` and so on.
    gil : {"own", "shared"}
        With ``"own"`` it runs in parallel with all others. With ``"shared"`` it shares the main interpreter's GIL.
    path : iterable of str or path-like, optional
        Folders to put first on its ``sys.path``.
    venv : str or path-like, optional
        The folder of a virtual environment of this Python version. Its packages come next, before the caller's.
    env : mapping of str to str, optional
        Variables to set in an ``os.environ`` of its own, which is otherwise a copy of the caller's. Changes to it reach
        the interpreter's child processes, and no other interpreter. An empty mapping gives a plain copy. By default
        the interpreter uses the environment of the process.
    extensions : {"auto", "strict", "private"}, optional
        How an interpreter with a GIL of its own loads extension modules. With ``"auto"``, the default, those that do
        not declare support for this, such as NumPy's, are loaded from private copies of their files (Linux only). With
        ``"strict"`` they are refused, as by CPython itself; with ``"private"`` all but those of the standard library
        are loaded from private copies.

    Returns
    -------
    Interpreter
        The new interpreter, ready for its first request.

    Raises
    ------
    InvalidNameError
        The name is not allowed.
    NameTakenError
        Another live interpreter has the name.
    InvalidEnvironmentError
        A folder, the virtual environment or a variable is not valid.
    StartupError
        CPython could not create it, for example because memory ran out; or a ``.pth`` file of `venv` failed.

    Notes
    -----
    Thread-safe, and callable from every interpreter. Takes about 10 milliseconds, and the first request another 10.
    ``sys.path`` is copied from the caller. The interpreter is made by CPython's ``Py_NewInterpreterFromConfig``
    (:pep:`684`).

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.create("worker", env={"STAGE": "test"}) as worker:
    ...     worker.exec("import os; stage = os.environ['STAGE']")
    ...     worker.get("stage")
    'test'
    """
    if gil not in _GILS:
        raise ValueError(f"gil must be 'own' or 'shared', not {gil!r}")
    if name is not None:
        check_name(name)
    configuration = environment.request(path, venv, env, extensions)
    if configuration is not None:
        return configure_and_name(_start("", gil == "own"), configuration, name)
    return _wait_until_up(_with_name(name, lambda name: _start(name, gil == "own")))


def create_unnamed() -> Interpreter:
    """Start an interpreter without a name, for :func:`assign_name`. It is not listed; does not wait until it is up."""
    return _start("", own_gil=True)


def start(name: str) -> Interpreter:
    """Start an interpreter of that name; does not wait until it is up."""
    check_name(name)
    return _start(name, own_gil=True)


def configure_and_name(interpreter: Interpreter, configuration: bytes, name: str | None = None) -> Interpreter:
    """Configure the path and environment of an unnamed interpreter, then name it; close it if either fails.

    It is named last so that no other code can use it before it is configured.
    """
    try:
        environment.configure(_wait_until_up(interpreter), configuration)
        return _with_name(name, lambda name: assign_name(interpreter, name))
    except BaseException:
        interpreter.close()
        raise


def assign_name(interpreter: Interpreter, name: str) -> Interpreter:
    """Give an unnamed interpreter its name; from then on it is listed."""
    check_name(name)
    worker = interpreter._worker
    if worker is None:
        raise InvalidNameError(f"the interpreter {MAIN_NAME!r} cannot be renamed")
    worker.rename(name)
    return interpreter


def get(name: str | int) -> Interpreter:
    """Return the live interpreter with that name or id.

    Parameters
    ----------
    name : str or int
        Its name, or CPython's id of it.

    Returns
    -------
    Interpreter
        A handle on it.

    Raises
    ------
    InterpreterNotFoundError
        No live interpreter has that name or id.

    Notes
    -----
    Thread-safe, and callable from every interpreter.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.create("worker") as worker:
    ...     sk.get("worker") == worker
    True
    """
    return Interpreter(name)


def get_main() -> Interpreter:
    """Return the interpreter that the process started with.

    Returns
    -------
    Interpreter
        A handle on it. Its name is ``"main"``.

    Notes
    -----
    Thread-safe, and callable from every interpreter.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> sk.get_main().name
    'main'
    """
    return Interpreter._of(None)


def get_current() -> Interpreter:
    """Return the interpreter in which this call runs.

    Returns
    -------
    Interpreter
        A handle on it.

    Notes
    -----
    Thread-safe, and callable from every interpreter.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.create("worker") as worker:
    ...     sk.get_current().name, worker.call(sk.get_current).name
    ('main', 'worker')
    """
    own_outbox = outbox.current()
    if own_outbox is None:
        return get_main()
    workers = [*control.live(), *control.abandoned()]  # its own code may go on when it is left behind
    return Interpreter._of(next(worker for worker in workers if worker.handle == own_outbox.handle))


def list_all() -> list[Interpreter]:
    """Return all live interpreters.

    Returns
    -------
    list of Interpreter
        The main interpreter first, then the others in the order in which they were created.

    Notes
    -----
    Thread-safe, and callable from every interpreter.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.create("worker"):
    ...     [interpreter.name for interpreter in sk.list_all()]
    ['main', 'worker']
    """
    return [get_main(), *(Interpreter._of(worker) for worker in control.live() if worker.name)]


def left_behind() -> list[Interpreter]:
    """Return the interpreters that could not be ended; their names may be in use again."""
    return [Interpreter._of(worker) for worker in control.abandoned() if worker.name]


def _start(name: str, own_gil: bool) -> Interpreter:
    process.prepare()
    path = [os.fsencode(entry) for entry in search_path.start_path()]
    with process.starting_interpreters():
        return Interpreter._of(control.spawn(name, own_gil, _ENTRY_MODULE, path))


def _with_name(name: str | None, make: Callable[[str], Interpreter]) -> Interpreter:
    """Call `make` with the name, or with the first free one of ``"interp1"``, ``"interp2"`` and so on."""
    if name is not None:
        return make(name)
    for number in itertools.count(1):
        try:
            return make(f"interp{number}")
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
