"""Configures this interpreter: ``sys.path``, its own environment variables, and how it loads extension modules."""

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

from subinterp_kernel.extensions import importer
from subinterp_kernel.interpreters import search_path
from subinterp_kernel.interpreters.environment_variables import check_variable

__all__ = ["configure", "import_from_main_path"]

_SHELL = "IPython.core.interactiveshell"


def configure(request: bytes) -> None:
    """Set the path and, if the request has them, the environment and the policy for extension modules.

    Parameters
    ----------
    request : bytes
        Marshalled ``(main's path, folders, site-packages, the creator's entries before main's path, environment,
        policy)``.
    """
    main_path, folders, site_packages, inherited, environment, policy = marshal.loads(request)
    if policy is not None:
        importer.set_policy(policy)
    sys.path[:] = main_path
    if folders or site_packages or inherited:
        _import_deferred_modules()
        search_path.remember_main_path(main_path)
        sys.path[:0] = [*folders, *site_packages, *inherited]
    if environment is not None:
        _make_environment_private(environment)
    for folder in site_packages:
        _process_pth_files(folder)


def _process_pth_files(folder: str) -> None:
    """Call ``site.addsitedir``, and move the entries that it appends to just behind the folder."""
    import site

    before = list(sys.path)
    site.addsitedir(folder)
    added = [entry for entry in sys.path if entry not in before]
    rest = [entry for entry in sys.path if entry not in added]
    behind = rest.index(folder) + 1
    sys.path[:] = [*rest[:behind], *added, *rest[behind:]]


# ------------------------------------------------------------------------------------------------ imports of IPython


@contextmanager
def import_from_main_path() -> Iterator[None]:
    """Import IPython and its dependencies from main's entries of the path only.

    Modules that were imported from other folders are replaced by main's versions if IPython imports them, too.
    """
    extra = search_path.extra_entries()
    if not extra:
        yield
        return
    own_path = list(sys.path)
    replaced = _remove_modules_from(set(extra))
    sys.path[:] = search_path.main_path()
    try:
        yield
        _import_deferred_modules()
    finally:
        sys.path[:] = own_path
        imported = _top_names()
        sys.modules.update({name: module for name, module in replaced.items() if _top(name) not in imported})


def _import_deferred_modules() -> None:
    """Import from main's path modules that are otherwise imported later, when the path has other entries."""
    import_module("cloudpickle")  # both sides of a pickle need the same version
    if _SHELL in sys.modules:
        with suppress(ImportError):
            import_module("stack_data")  # imported for IPython's first traceback


def _remove_modules_from(folders: set[str]) -> dict[str, ModuleType]:
    """Remove the modules that were imported from these folders from ``sys.modules``, and return them."""
    found = {name for name in _top_names() if _home(sys.modules[name]) in folders}
    return {name: sys.modules.pop(name) for name in list(sys.modules) if _top(name) in found}


def _home(module: ModuleType) -> str | None:
    """Return the folder on ``sys.path`` in which a module was found."""
    names = getattr(module, "__dict__", {})  # a module's own __getattr__ may raise anything
    locations = names.get("__path__")
    place = next(iter(locations), None) if locations is not None else names.get("__file__")
    return os.path.dirname(place) if isinstance(place, str) else None


def _top_names() -> set[str]:
    return {name for name in list(sys.modules) if _top(name) == name}


def _top(name: object) -> str:
    return name.partition(".")[0] if isinstance(name, str) else ""  # user code may have put any key there


# --------------------------------------------------------------------------------------------------- the environment


class PrivateEnviron(os._Environ[Any]):
    """An ``os.environ`` whose changes do not reach the environment of the process."""

    _data: dict[Any, Any]

    def __setitem__(self, key: Any, value: Any) -> None:
        encoded = self.encodekey(key), self.encodevalue(value)
        check_variable(os.fsdecode(encoded[0]), os.fsdecode(encoded[1]))
        self._data[encoded[0]] = encoded[1]

    def __delitem__(self, key: Any) -> None:
        try:
            del self._data[self.encodekey(key)]
        except KeyError:
            raise KeyError(key) from None

    def clear(self) -> None:
        """Delete all variables; from 3.15 on the original also clears the environment of the process."""
        self._data.clear()


def _make_environment_private(environment: dict[str, str]) -> None:
    # The objects stay and only their class changes, because other modules may have done `from os import environ`.
    os.environ.__class__ = PrivateEnviron
    if os.supports_bytes_environ:
        os.environb.__class__ = PrivateEnviron  # shares its data with os.environ
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
    """Make the functions that start processes pass on this environment when they are given none."""
    if os.name == "nt":
        _pass_environment(import_module("_winapi"), "CreateProcess", 6, lambda: dict(os.environ))
        return
    _pass_environment(import_module("_posixsubprocess"), "fork_exec", 5, _environment_block)
    subprocess: Any = sys.modules.get("subprocess")
    if subprocess is not None:
        subprocess._fork_exec = sys.modules["_posixsubprocess"].fork_exec
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            _pass_environment(os, name, 2, lambda: os.environ)


def _pass_environment(module: ModuleType, name: str, place: int, environment: Callable[[], object]) -> None:
    function = getattr(module, name)

    @functools.wraps(function)
    def start(*arguments: Any, **options: Any) -> Any:
        if len(arguments) > place and arguments[place] is None:
            arguments = (*arguments[:place], environment(), *arguments[place + 1 :])
        return function(*arguments, **options)

    setattr(module, name, start)


def _environment_block() -> list[bytes]:
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
    """No-op: there is no other environment to reload from."""
