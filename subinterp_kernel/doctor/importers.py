"""Finds the modules of a distribution that import its extension modules: they may have a fallback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.extension_files import is_for_tests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import Distribution

__all__ = ["importers"]

_MOST = 20  # modules; a package with more is not one with a few optional parts


def importers(distribution: Distribution, modules: Sequence[str]) -> list[str]:
    """Return for each extension module the outermost module in Python that has an import statement for it.

    Parameters
    ----------
    distribution : Distribution
        What installed both.
    modules : sequence of str
        The full names of the extension modules.
    """
    left = {name: _import_of(name.rpartition(".")[2]) for name in modules}
    found: list[str] = []
    for name, text in _sources(distribution):
        hits = [module for module, pattern in left.items() if pattern.search(text)]
        if hits and len(found) < _MOST:
            found.append(name)
        for module in hits:
            del left[module]
        if not left:
            break
    return found


def _import_of(last: str) -> re.Pattern[str]:
    """Return what matches an import statement of a module, by the last part of its name."""
    name = rf"\b{re.escape(last)}\b"
    statements = rf"from\s+\S+\s+import\s+.*{name}|import\s+.*{name}|from\s+\S*{name}\s+import"
    return re.compile(rf"^\s*(?:{statements})", re.MULTILINE)


def _sources(distribution: Distribution) -> list[tuple[str, str]]:
    """Return the name and text of each module in Python, the outermost first."""
    found = []
    for file in distribution.files or ():
        name = str(file).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        is_module = str(file).endswith(".py") and all(part.isidentifier() for part in name.split("."))
        if is_module and not is_for_tests(name) and not name.endswith("__main__"):
            try:
                with open(str(distribution.locate_file(file)), encoding="utf-8") as source:
                    found.append((name, source.read()))
            except (OSError, UnicodeDecodeError):
                continue  # nobody can import it
    return sorted(found, key=lambda each: (each[0].count("."), each[0]))
