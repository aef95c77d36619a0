"""Arranges what this interpreter finds around it: its ``sys.path``, and an environment that nobody else sees."""

from __future__ import annotations

import functools
import marshal
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any

from subinterp_kernel import surroundings

__all__ = ["importing_as_main", "settle"]

_SHELL = "IPython.core.interactiveshell"


def settle(request: bytes) -> None:
    """Take over the path and, if there is one, the environment of a request.

    Parameters
    ----------
    request : bytes
        Marshalled ``(main's path, folders, site-packages, what the creator has before main's path, environment)``.
    """
    main_path, folders, site_packages, inherited, environment = marshal.loads(request)
    sys.path[:] = main_path
    if folders or site_packages or inherited:
        _import_what_comes_late()
        surroundings.remember_main_path(main_path)
        sys.path[:0] = [*folders, *site_packages, *inherited]
    if environment is not None:
        _make_environment_private(environment)
    for folder in site_packages:
        _process_pth_files(folder)


def _process_pth_files(folder: str) -> None:
    """Do what ``site.addsitedir`` does, with what that appends right behind the folder."""
    import site

    before = list(sys.path)
    site.addsitedir(folder)
    added = [entry for entry in sys.path if entry not in before]
    rest = [entry for entry in sys.path if entry not in added]
    behind = rest.index(folder) + 1
    sys.path[:] = [*rest[:behind], *added, *rest[behind:]]


# ------------------------------------------------------------------------------------------------ what IPython is from


@contextmanager
def importing_as_main() -> Iterator[None]:
    """Import from main's part of the path only, for IPython and what it needs.

    Modules that were imported from other folders, and that IPython wants in main's version, are replaced by those.
    """
    extra = surroundings.extra_entries()
    if not extra:
        yield
        return
    own_path = list(sys.path)
    aside = _set_aside(set(extra))
    sys.path[:] = surroundings.main_path()
    try:
        yield
        _import_what_comes_late()
    finally:
        sys.path[:] = own_path
        now = _top_names()
        sys.modules.update({name: module for name, module in aside.items() if _top(name) not in now})


def _import_what_comes_late() -> None:
    """Import from main's path what is otherwise imported when it is first needed, then from wherever."""
    import_module("cloudpickle")  # what unpickles here must be of the version of what pickles there
    if _SHELL in sys.modules:
        with suppress(ImportError):
            import_module("stack_data")  # IPython's first traceback


def _set_aside(folders: set[str]) -> dict[str, ModuleType]:
    """Take the modules that come from these folders out of ``sys.modules``, and return them."""
    theirs = {name for name in _top_names() if _home(sys.modules[name]) in folders}
    return {name: sys.modules.pop(name) for name in list(sys.modules) if _top(name) in theirs}


def _home(module: ModuleType) -> str | None:
    """Return the folder on ``sys.path`` that a module was found in."""
    names = getattr(module, "__dict__", {})  # a module's own __getattr__ may raise anything
    locations = names.get("__path__")
    place = next(iter(locations), None) if locations is not None else names.get("__file__")
    return os.path.dirname(place) if isinstance(place, str) else None


def _top_names() -> set[str]:
    return {name for name in list(sys.modules) if _top(name) == name}


def _top(name: object) -> str:
    return name.partition(".")[0] if isinstance(name, str) else ""  # user code may have put anything there


# --------------------------------------------------------------------------------------------------- the environment


class PrivateEnviron(os._Environ[Any]):
    """``os.environ`` without the process's environment behind it."""

    _data: dict[Any, Any]

    def __setitem__(self, key: Any, value: Any) -> None:
        encoded = self.encodekey(key), self.encodevalue(value)
        surroundings.check_variable(os.fsdecode(encoded[0]), os.fsdecode(encoded[1]))
        self._data[encoded[0]] = encoded[1]

    def __delitem__(self, key: Any) -> None:
        try:
            del self._data[self.encodekey(key)]
        except KeyError:
            raise KeyError(key) from None

    def clear(self) -> None:
        """Delete all variables; from 3.15 on the original clears the process's environment, too."""
        self._data.clear()


def _make_environment_private(environment: dict[str, str]) -> None:
    # The objects stay, only their class changes: others may have them by `from os import environ`.
    os.environ.__class__ = PrivateEnviron
    if os.supports_bytes_environ:
        os.environb.__class__ = PrivateEnviron  # has its data in common with os.environ
    own: Any = os.environ
    own._data.clear()
    own.update(environment)
    os.putenv = _putenv
    os.unsetenv = _unsetenv
    os.system = _system
    if hasattr(os, "reload_environ"):
        os.reload_environ = _reload_environ
    _give_it_to_child_processes()


def _give_it_to_child_processes() -> None:
    """Let whatever starts a process without naming an environment name this one."""
    if os.name == "nt":
        _fill_in(import_module("_winapi"), "CreateProcess", 6, lambda: dict(os.environ))
        return
    _fill_in(import_module("_posixsubprocess"), "fork_exec", 5, _block)
    subprocess: Any = sys.modules.get("subprocess")
    if subprocess is not None:
        subprocess._fork_exec = sys.modules["_posixsubprocess"].fork_exec
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            _fill_in(os, name, 2, lambda: os.environ)


def _fill_in(module: ModuleType, name: str, place: int, environment: Callable[[], object]) -> None:
    function = getattr(module, name)

    @functools.wraps(function)
    def start(*arguments: Any, **options: Any) -> Any:
        if len(arguments) > place and arguments[place] is None:
            arguments = (*arguments[:place], environment(), *arguments[place + 1 :])
        return function(*arguments, **options)

    setattr(module, name, start)


def _block() -> list[bytes]:
    return [name + b"=" + value for name, value in os.environb.items()]


def _putenv(name: Any, value: Any, /) -> None:
    """Change this interpreter's environment, as ``os.environ[name] = value`` does."""
    os.environ[os.fsdecode(name)] = os.fsdecode(value)


def _unsetenv(name: Any, /) -> None:
    """Delete from this interpreter's environment, as ``os.environ.pop(name, None)`` does."""
    os.environ.pop(os.fsdecode(name), None)


def _system(command: Any) -> int:
    """Run a command in a subshell that has this interpreter's environment; return its wait status."""
    import subprocess

    code = subprocess.call(command, shell=True)
    if os.name == "nt":
        return code
    return code << 8 if code >= 0 else -code


def _reload_environ() -> None:
    """Do nothing: there is no other environment behind this one."""
