"""Checks the path, environment and policy for extension modules of a new interpreter, and sends them to it.

This is the creator's side; ``worker/environment.py`` sets them up in the new interpreter.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable, Mapping

from subinterp_kernel.errors import ExecutionFailed, InvalidEnvironmentError, StartupError
from subinterp_kernel.extensions.policy import POLICIES
from subinterp_kernel.interpreters import search_path
from subinterp_kernel.interpreters.environment_variables import check_variable
from subinterp_kernel.interpreters.interpreter import Interpreter, worker_of
from subinterp_kernel.messaging import protocol, requests

__all__ = ["Folder", "configure", "request"]

Folder = str | os.PathLike[str]


def request(
    path: Iterable[Folder] = (),
    venv: Folder | None = None,
    env: Mapping[str, str] | None = None,
    extensions: str | None = None,
) -> bytes | None:
    """Check the arguments of ``create`` and return the payload of a CONFIGURE request; None if none is needed.

    Parameters
    ----------
    path, venv, env, extensions
        As for :func:`subinterp_kernel.create`.

    Raises
    ------
    InvalidEnvironmentError
        A folder, the virtual environment or a variable is not valid.
    TypeError
        An argument has the wrong type.
    ValueError
        There is no such policy for extension modules.
    """
    if extensions is not None and extensions not in POLICIES:
        raise ValueError(f"extensions must be 'auto', 'strict' or 'private', not {extensions!r}")
    folders = _folders(path)
    site_packages = [] if venv is None else _site_packages(os.path.abspath(os.fsdecode(venv)))
    inherited = search_path.extra_entries()
    environment = None if env is None else {**os.environ, **_variables(env)}
    if not (folders or site_packages or inherited or environment is not None or extensions is not None):
        return None
    return marshal.dumps((search_path.main_path(), folders, site_packages, inherited, environment, extensions))


def configure(interpreter: Interpreter, configuration: bytes) -> None:
    """Send the payload of :func:`request` and wait until the interpreter is configured.

    Raises
    ------
    StartupError
        Something failed in the interpreter, such as a line of a ``.pth`` file.
    """
    try:
        requests.send(worker_of(interpreter), protocol.CONFIGURE, configuration)
    except ExecutionFailed as failed:
        raise StartupError(
            "the interpreter was closed again because its path or environment could not be set up: "
            f"{failed.excinfo.formatted}"
        ) from failed


def _folders(path: Iterable[Folder]) -> list[str]:
    if isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"path must be a list of folders: use path=[{path!r}]")
    folders = [os.path.abspath(os.fsdecode(entry)) for entry in path]
    for folder in folders:
        if not os.path.isdir(folder):
            problem = "is not a folder" if os.path.exists(folder) else "does not exist"
            raise InvalidEnvironmentError(f"{folder!r} {problem}: choose an existing folder")
    return folders


def _site_packages(venv: str) -> list[str]:
    """Return the site-packages folders of a virtual environment."""
    import sysconfig

    _check_version(venv)
    base = {"base": venv, "platbase": venv}
    found = dict.fromkeys(sysconfig.get_path(kind, "venv", base) for kind in ("purelib", "platlib"))
    folders = [folder for folder in found if os.path.isdir(folder)]
    if not folders:
        raise InvalidEnvironmentError(
            f"virtual environment {venv!r} has no folder {next(iter(found))!r}; create it again"
        )
    return folders


def _check_version(venv: str) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        with open(os.path.join(venv, "pyvenv.cfg"), encoding="utf-8", errors="replace") as config:
            settings = [line.partition("=")[::2] for line in config]
    except OSError:
        raise InvalidEnvironmentError(
            f"{venv!r} is not a virtual environment: it has no pyvenv.cfg; "
            f"create one with `python{ours} -m venv FOLDER`"
        ) from None
    named = {key.strip().lower(): value.strip() for key, value in settings}
    version = named.get("version") or named.get("version_info")  # venv writes the one, uv the other
    if version is None:
        raise InvalidEnvironmentError(
            f"the pyvenv.cfg of virtual environment {venv!r} names no Python version; create it again"
        )
    if version.split(".")[:2] != ours.split("."):
        raise InvalidEnvironmentError(
            f"virtual environment {venv!r} is for Python {version}, but this is Python {ours}: "
            f"create one with `python{ours} -m venv FOLDER`"
        )


def _variables(env: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(env, Mapping):
        raise TypeError(f"env must be a dict of names and values, not {type(env).__name__}")
    for name, value in env.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"names and values of environment variables must be str, not {name!r}: {value!r}")
        check_variable(name, value)
    return dict(env)
