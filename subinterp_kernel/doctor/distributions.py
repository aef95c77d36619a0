"""Finds installed distributions: by name, all of them, or those of a file of requirements."""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, PackageNotFoundError, distributions
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.errors import DoctorError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "all_installed",
    "find",
    "is_editable",
    "normalized",
    "required_by",
    "roots",
    "top_levels",
    "with_requirements",
]

_NOT_FOR_USERS = frozenset({"test", "tests", "docs", "examples", "benchmarks"})
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def normalized(name: str) -> str:
    """Return a distribution's name as it is compared: ``"Foo.Bar_x"`` is ``"foo-bar-x"``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def find(name: str) -> Distribution:
    """Return the distribution of that name, or the one that provides the package of that name.

    Raises
    ------
    DoctorError
        None is installed, or several provide it.
    """
    try:
        return Distribution.from_name(name)
    except (PackageNotFoundError, ValueError):
        pass
    providers = [each for each in all_installed() if name in top_levels(each)]
    if not providers:
        raise DoctorError(f"{name} is not installed here: install it with `pip install {name}`, or correct the name")
    if len(providers) > 1:
        names = ", ".join(each.metadata["Name"] for each in providers)
        raise DoctorError(f"{name} is a namespace package of several distributions: name one of {names}")
    return providers[0]


def all_installed() -> list[Distribution]:
    """Return each installed distribution once, by name; one that hides another on sys.path comes first."""
    found: dict[str, Distribution] = {}
    for each in distributions():
        name = each.metadata["Name"] if each.metadata else None
        if name:  # a damaged installation has none
            found.setdefault(normalized(name), each)
    return [found[name] for name in sorted(found)]


def required_by(path: str) -> list[str]:
    """Return the names in a file of requirements; options, URLs and comments are left out.

    Raises
    ------
    DoctorError
        The file cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DoctorError(f"{path} cannot be read: {error}") from error
    stripped = (line.partition("#")[0].strip() for line in lines)
    return [match.group() for line in stripped if "://" not in line and (match := _NAME.match(line))]


def top_levels(distribution: Distribution) -> list[str]:
    """Return the names of the packages and modules that a distribution installs at the top level."""
    names = {_importable(str(file)) for file in distribution.files or ()}
    return sorted(name for name in names if name)


def is_editable(distribution: Distribution) -> bool:
    """Return whether the sources of a distribution are elsewhere (``pip install -e``)."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return False
    return bool(origin.get("dir_info", {}).get("editable"))


def roots(distribution: Distribution) -> list[str]:
    """Return the packages and modules that users import first; in a namespace, those that are below it."""
    files = [str(file) for file in distribution.files or ()]
    packages = {file.rpartition("/")[0].replace("/", ".") for file in files if file.endswith("/__init__.py")}
    modules = {name for file in files if "/" not in file and (name := _importable(file))}
    outermost = {name for name in packages if not any(name.startswith(f"{other}.") for other in packages)}
    found = sorted(name for name in outermost | modules if all(part.isidentifier() for part in name.split(".")))
    public = [name for name in found if not name.startswith("_") and name not in _NOT_FOR_USERS]
    return public or found


def with_requirements(distribution: Distribution) -> list[Distribution]:
    """Return a distribution and all installed ones that it needs, directly or not."""
    found = {normalized(distribution.metadata["Name"]): distribution}
    waiting = [distribution]
    while waiting:
        for name in _requirements(waiting.pop()):
            if name not in found and (needed := _installed(name)):
                found[name] = needed
                waiting.append(needed)
    return list(found.values())


def _requirements(distribution: Distribution) -> Iterator[str]:
    for requirement in distribution.requires or ():
        match = _NAME.match(requirement)
        if match and "extra ==" not in requirement:
            yield normalized(match.group())


def _installed(name: str) -> Distribution | None:
    try:
        return Distribution.from_name(name)
    except PackageNotFoundError:
        return None


def _importable(file: str) -> str | None:
    """Return the top-level name that an installed file belongs to, or None if it belongs to none."""
    first, slash, _ = file.partition("/")
    stem, _, suffix = first.partition(".")
    if slash:
        is_code = first.isidentifier() and file.endswith((".py", ".so", ".pyd")) and first != "__pycache__"
        return first if is_code else None
    return stem if suffix.endswith(("py", "so", "pyd")) and stem.isidentifier() else None
