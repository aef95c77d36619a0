"""Finds the extension modules among the files of an installed distribution."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import shared_library
from subinterp_kernel.doctor.shared_library import Contents

if TYPE_CHECKING:
    from importlib.metadata import Distribution, PackagePath

__all__ = ["ExtensionFile", "find", "is_for_tests", "of_path"]

_LIBRARY_SUFFIXES = (".so", ".pyd")


@dataclass(frozen=True)
class ExtensionFile:
    """A file of a distribution that is an extension module, or could be one.

    Attributes
    ----------
    name : str
        The module's full name.
    path : str
        The file.
    contents : Contents or None
        What the file says by itself; None if it was not readable.
    problem : str or None
        Why it cannot be loaded here.
    """

    name: str
    path: str
    contents: Contents | None = None
    problem: str | None = None


def find(distribution: Distribution) -> list[ExtensionFile]:
    """Return the extension modules of a distribution, by name; plain shared libraries are left out."""
    candidates = [file for file in distribution.files or () if str(file).endswith(_LIBRARY_SUFFIXES)]
    found = [module for file in candidates if (module := _examine(distribution, file))]
    return sorted(found, key=lambda module: module.name)


def of_path(name: str, path: str) -> ExtensionFile | None:
    """Return what is in the file of a module, or None if it is a plain shared library."""
    if sys.platform != "linux":  # no other format can be read yet
        return ExtensionFile(name, path)
    try:
        contents = shared_library.read(path)
    except (OSError, ValueError) as error:
        return ExtensionFile(name, path, problem=f"the file cannot be read: {error}")
    if contents.machine != shared_library.own_machine():
        return ExtensionFile(name, path, contents, f"the file is for another machine ({contents.machine})")
    return ExtensionFile(name, path, contents) if contents.defines_module(name) else None


def is_for_tests(name: str) -> bool:
    """Return whether a module is a part of its package's tests, which users do not import."""
    parts = name.split(".")
    return any(part in {"test", "tests", "testing"} for part in parts) or parts[-1].endswith(("_test", "_tests"))


def _examine(distribution: Distribution, file: PackagePath) -> ExtensionFile | None:
    path = os.path.abspath(str(distribution.locate_file(file)))
    suffix = next((suffix for suffix in EXTENSION_SUFFIXES if path.endswith(suffix)), None)
    name = _module_name(str(file), suffix)
    if name is None:
        return None
    if suffix is None or (suffix == ".so" and "." in os.path.basename(path)[: -len(suffix)]):
        return ExtensionFile(name, path, problem=f"{os.path.basename(path)} is for another Python or platform")
    return of_path(name, path)


def _module_name(file: str, suffix: str | None) -> str | None:
    """Return the name that an installed file has as a module, or None if it cannot be imported."""
    folder, _, base = file.rpartition("/")
    stem = base[: -len(suffix)] if suffix else base
    parts = [*folder.split("/"), stem.partition(".")[0]] if folder else [stem.partition(".")[0]]
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None
