"""What an interpreter finds around it: folders on its ``sys.path``, a virtual environment, an environment of its own.

This is the creator's side, which checks what is asked for; ``inside/surroundings.py`` arranges it there.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from subinterp_kernel import protocol
from subinterp_kernel.errors import ExecutionFailed, StartupError, SurroundingsError

if TYPE_CHECKING:
    from subinterp_kernel.interpreter import Interpreter

__all__ = ["Folder", "check_variable", "extra_entries", "main_path", "remember_main_path", "request", "settle"]

Folder = str | os.PathLike[str]

_remembered: list[str] | None = None  # main's part of this interpreter's sys.path, where it has other parts


def main_path() -> list[str]:
    """Return main's part of this interpreter's ``sys.path``: what this package and IPython are imported from."""
    return _path() if _remembered is None else list(_remembered)


def extra_entries() -> list[str]:
    """Return the other part: what was put before it for this interpreter, or by the code in it."""
    return [] if _remembered is None else [entry for entry in _path() if entry not in _remembered]


def remember_main_path(entries: list[str]) -> None:
    """Note which entries are main's; called within an interpreter that gets others, too."""
    global _remembered
    _remembered = entries


def request(
    path: Iterable[Folder] = (), venv: Folder | None = None, env: Mapping[str, str] | None = None
) -> bytes | None:
    """Check what is asked for, and return the request SETTLE for it; None if nothing is.

    Parameters
    ----------
    path, venv, env
        As for :func:`subinterp_kernel.create`.

    Raises
    ------
    SurroundingsError
        A folder, a virtual environment or a variable will not do.
    TypeError
        What was given is of another type.
    """
    folders = _folders(path)
    site_packages = [] if venv is None else _site_packages(os.path.abspath(os.fsdecode(venv)))
    inherited = extra_entries()
    environment = None if env is None else {**os.environ, **_variables(env)}
    if not (folders or site_packages or inherited or environment is not None):
        return None
    return marshal.dumps((main_path(), folders, site_packages, inherited, environment))


def settle(interpreter: Interpreter, wanted: bytes) -> None:
    """Send the request and wait until the interpreter has its surroundings.

    Raises
    ------
    StartupError
        Something failed there, such as a line of a ``.pth`` file.
    """
    try:
        interpreter._ask(protocol.SETTLE, wanted)
    except ExecutionFailed as failed:
        raise StartupError(
            f"the interpreter was closed again, because its path or environment could not be set up: "
            f"{failed.excinfo.formatted}"
        ) from failed


def check_variable(name: str, value: str) -> None:
    """Raise SurroundingsError if this cannot be an environment variable."""
    if not name or "=" in name or "\0" in name:
        raise SurroundingsError(f"{name!r} cannot name an environment variable: it is empty, or has '=' or '\\0' in it")
    if "\0" in value:
        raise SurroundingsError(f"the value of environment variable {name!r} has '\\0' in it")
    try:
        os.fsencode(name + value)
    except UnicodeEncodeError:
        raise SurroundingsError(f"environment variable {name!r} cannot be encoded for the operating system") from None


def _path() -> list[str]:
    return [entry for entry in sys.path if isinstance(entry, str)]


def _folders(path: Iterable[Folder]) -> list[str]:
    if isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"path is a list of folders: path=[{path!r}]")
    folders = [os.path.abspath(os.fsdecode(entry)) for entry in path]
    for folder in folders:
        if not os.path.isdir(folder):
            problem = "is not a folder" if os.path.exists(folder) else "does not exist"
            raise SurroundingsError(f"{folder!r} {problem}: the path takes folders that modules are imported from")
    return folders


def _site_packages(venv: str) -> list[str]:
    """Return the folders of a virtual environment that its packages are in."""
    import sysconfig

    _check_version(venv)
    base = {"base": venv, "platbase": venv}
    found = dict.fromkeys(sysconfig.get_path(kind, "venv", base) for kind in ("purelib", "platlib"))
    folders = [folder for folder in found if os.path.isdir(folder)]
    if not folders:
        raise SurroundingsError(f"virtual environment {venv!r} has no folder {next(iter(found))!r}; make it anew")
    return folders


def _check_version(venv: str) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        with open(os.path.join(venv, "pyvenv.cfg"), encoding="utf-8", errors="replace") as config:
            settings = [line.partition("=")[::2] for line in config]
    except OSError:
        raise SurroundingsError(
            f"{venv!r} is no virtual environment: it has no pyvenv.cfg; `python{ours} -m venv FOLDER` makes one"
        ) from None
    named = {key.strip().lower(): value.strip() for key, value in settings}
    version = named.get("version") or named.get("version_info")  # venv writes the one, uv the other
    if version is None:
        raise SurroundingsError(f"virtual environment {venv!r} does not say in its pyvenv.cfg which Python it is for")
    if version.split(".")[:2] != ours.split("."):
        raise SurroundingsError(
            f"virtual environment {venv!r} is for Python {version}, and this is Python {ours}: "
            f"`python{ours} -m venv FOLDER` makes one for it"
        )


def _variables(env: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(env, Mapping):
        raise TypeError(f"env is a dict of names and values, not {type(env).__name__}")
    for name, value in env.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"environment variables are str, not {name!r}: {value!r}")
        check_variable(name, value)
    return dict(env)
