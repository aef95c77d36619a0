"""Concludes from imports: whether a package imports, what refuses it, by which way, and whether it has a fallback."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import extension_files

if TYPE_CHECKING:
    from subinterp_kernel.doctor.declarations import Declarations
    from subinterp_kernel.doctor.records import Module, Package
    from subinterp_kernel.doctor.trials import Imports

__all__ = ["conclude", "some"]

_MOST_ERRORS = 3


def conclude(package: Package, roots: list[str], imports: Imports, declarations: Declarations) -> Package:
    """Return the record with what the imports have shown.

    Parameters
    ----------
    package : Package
        What is known before.
    roots : list of str
        The packages that users import.
    imports : Imports
        What was tried.
    declarations : Declarations
        Reads those of other packages' modules.
    """
    replaced = _with_fallback(package, imports)
    # What imports a refused module in Python may fail, if another one does without it.
    counted = {*roots, *(module.name for module in package.modules)}.difference(replaced)
    failed = [name for name in imports.strict if name in counted]
    fails = bool(failed or imports.deaths)
    works = not fails if _was_tried(roots, imports, fails=fails) else None
    foreign = _foreign(package, imports, declarations)
    modules = [_with_chain(module, imports) for module in (*package.modules, *foreign)]
    findings = [*package.findings, *_findings(imports, failed, roots), *_fallback(package, replaced, works)]
    if works and foreign:
        names = some([module.name for module in foreign])
        findings.append(f"imports: it can be imported although {names} is refused; it may lack what that provides")
    levels = replace(package.levels, imports=works)
    return replace(package, levels=levels, modules=tuple(modules), findings=tuple(findings))


def _was_tried(roots: list[str], imports: Imports, *, fails: bool) -> bool:
    """Return whether the imports say something: neither a package that main cannot import nor a part of one does."""
    is_in_main = not roots or any(root not in imports.main for root in roots)
    return fails or (is_in_main and not imports.untried)


def _with_fallback(package: Package, imports: Imports) -> list[str]:
    """Return the extension modules that are refused, although what imports them works."""
    own = {module.name for module in package.modules} - imports.deaths.keys()
    loaders = {name: imports.loaded_by.get(name, name) for name in imports.strict if name in own}
    return [name for name, loader in loaders.items() if loader != name and loader not in imports.strict]


def _fallback(package: Package, replaced: list[str], works: bool | None) -> list[str]:
    if replaced:
        return [f"imports: works without {', '.join(replaced)}: it has a pure-Python fallback"]
    if works is False and any(module.refuses for module in package.modules):
        return ["imports: no pure-Python fallback was found"]
    return []


def _findings(imports: Imports, failed: list[str], roots: list[str]) -> list[str]:
    deaths = [f"imports: {name} {how}" for name, how in imports.deaths.items()]
    missing = {name: error for name, error in imports.main.items() if name in roots and name not in imports.deaths}
    in_main = [f"{name} cannot be imported in main: {error}" for name, error in missing.items()]
    by_error: dict[str, list[str]] = {}
    for name in failed:
        if name not in imports.deaths:
            by_error.setdefault(imports.strict[name], []).append(name)
    errors = [f"imports: {some(names)}: {error}" for error, names in by_error.items()]
    more = [f"imports: {len(errors) - _MOST_ERRORS} more errors"] if len(errors) > _MOST_ERRORS else []
    untried = [f"imports: {some(sorted(imports.untried))}: not tried"] if imports.untried else []
    return [*deaths, *untried, *in_main, *errors[:_MOST_ERRORS], *more]


def some(names: list[str]) -> str:
    """Return the first of several names, and how many there are besides."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _foreign(package: Package, imports: Imports, declarations: Declarations) -> list[Module]:
    """Return the modules of other packages that were loaded, and that refuse."""
    own = {module.file for module in package.modules}
    files = [
        file
        for name, (path, _) in sorted(imports.loaded.items())
        if path not in own and (file := extension_files.of_path(name, path))
    ]
    return [module for module in declarations.of(files) if module.refuses]


def _with_chain(module: Module, imports: Imports) -> Module:
    found = imports.loaded.get(module.name)
    return replace(module, imported_by=found[1]) if found and found[0] == module.file else module
