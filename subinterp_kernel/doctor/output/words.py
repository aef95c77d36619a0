"""The words for levels and modules that all outputs use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp_kernel.doctor.records import Module, Package

__all__ = ["COLUMNS", "NOT_TRIED", "cells", "imports_mark", "level_reached", "mark", "refusals"]

COLUMNS = ("package", "version", "made with", "declared", "imports", "survives", "private copies", "tests")

NOT_TRIED = "-"
_MARKS = {True: "yes", False: "no", None: NOT_TRIED}


def mark(value: bool | None) -> str:
    """Return whether something worked as a word; a dash if it was not tried."""
    return _MARKS[value]


def cells(package: Package) -> tuple[str, ...]:
    """Return the texts of a package under :data:`COLUMNS`."""
    levels = package.levels
    return (
        package.name, package.version, ", ".join(package.toolchains) or NOT_TRIED, levels.declared or NOT_TRIED,
        imports_mark(package), mark(levels.survives), mark(levels.private), mark(levels.tests),
    )  # fmt: skip


def imports_mark(package: Package) -> str:
    """Return whether a package imports as a word; ``"fallback"`` if it does so without modules that are refused."""
    if package.levels.imports and any(module.refuses for module in package.modules):
        return "fallback"
    return mark(package.levels.imports)


def level_reached(package: Package) -> str:
    """Return the best that was seen of a package, in one or two words."""
    levels = package.levels
    if levels.survives is False:
        return "fails"
    if levels.tests:
        return "tests pass"
    if levels.survives:
        return "survives"
    if levels.imports:
        return "imports"
    if levels.private:
        return "private copies"
    return "refused" if levels.imports is False else f"declared {levels.declared or 'unknown'}"


def refusals(package: Package) -> Iterator[tuple[Module, str]]:
    """Yield each module that was refused or not readable, with the imports that lead to it, if these are known."""
    for module in package.modules:
        if module.refused_because:
            chain = module.imported_by
            yield module, "" if chain is None else " → ".join((*chain, module.name))
