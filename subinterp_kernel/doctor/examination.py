"""Examines one distribution: what it declares, then what happens when it is tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import advice, extension_files, trials
from subinterp_kernel.doctor.cache import Cache, hash_of_file, hash_of_texts
from subinterp_kernel.doctor.child_process import Limits
from subinterp_kernel.doctor.declarations import Declarations, least
from subinterp_kernel.doctor.distributions import is_editable, roots, with_requirements
from subinterp_kernel.doctor.extension_files import ExtensionFile, is_for_tests
from subinterp_kernel.doctor.import_findings import conclude, some
from subinterp_kernel.doctor.importers import importers
from subinterp_kernel.doctor.own_tests import run_own_tests
from subinterp_kernel.doctor.records import Levels, Package
from subinterp_kernel.extensions import policy

if TYPE_CHECKING:
    from importlib.metadata import Distribution
    from typing import Any

    from subinterp_kernel.doctor.records import Module
    from subinterp_kernel.doctor.trials import Imports, Lives

__all__ = ["Settings", "examine_distribution"]

_EDITABLE = "it is an editable installation: extension modules that its metadata do not list are not seen"
_THOROUGH = ("survives", "tests")
_PRIVATE_CYCLES = 10  # of the cycles of `survives`, one in so many: private copies are kept, so each costs more


@dataclass(frozen=True)
class Settings:
    """What is tried, and for how long.

    Attributes
    ----------
    level : {"declared", "imports", "survives", "tests"}
        The last level that is tried.
    cycles : int
        How many interpreters are made and destroyed at `survives`.
    limits : Limits
        For each child process.
    cache : Cache
        What is known from earlier.
    """

    level: str = "imports"
    cycles: int = 200
    limits: Limits = field(default_factory=Limits)
    cache: Cache = field(default_factory=Cache)


def examine_distribution(distribution: Distribution, settings: Settings) -> Package:
    """Return what is found out about an installed distribution."""
    files = extension_files.find(distribution)
    if is_editable(distribution):  # its sources change without a trace in its metadata
        package = _examine(distribution, files, settings)
        return replace(package, findings=(_EDITABLE, *package.findings))
    key = _key(distribution, files, settings)
    if known := settings.cache.get(*key):
        return Package.from_json(known)
    package = _examine(distribution, files, settings)
    if not _is_hasty(package):
        settings.cache.put(asdict(package), *key)
    return package


def _examine(distribution: Distribution, files: list[ExtensionFile], settings: Settings) -> Package:
    declarations = Declarations(settings.cache, settings.limits)
    modules = declarations.of(files)
    toolchains = sorted({file.contents.toolchain for file in files if file.contents})
    used = [module for module in modules if not is_for_tests(module.name)] or modules
    package = Package(
        distribution.metadata["Name"], distribution.version, tuple(toolchains), Levels(least(used)), tuple(modules),
        findings=tuple(_hints(files, modules)),
    )  # fmt: skip
    if settings.level != "declared":
        package = _try(package, distribution, declarations, settings)
    users, authors = advice.for_users(package.name, package.levels), advice.for_authors(toolchains, package.levels)
    return replace(package, advice=(*users, *authors))


def _try(package: Package, distribution: Distribution, declarations: Declarations, settings: Settings) -> Package:
    """Return the record with the results of trials."""
    packages = roots(distribution)
    compiled = [module.name for module in package.modules if _can_be_tried(module)]
    targets = list(dict.fromkeys([*packages, *importers(distribution, compiled), *compiled]))
    if not targets:
        return replace(package, findings=(*package.findings, "it installs nothing that can be imported"))
    imports = trials.import_everywhere(targets, settings.limits)
    package = conclude(package, packages, imports, declarations)
    importable = [name for name in targets if name not in imports.main and name not in imports.untried]
    if not importable or package.levels.imports is None:
        return package
    package = _try_survival(package, importable, imports, settings)
    optional = [name for name in importable if name not in packages and imports.loaded_by.get(name) not in packages]
    private = _try_private_copies(package, importable, optional, settings)
    if private and compiled and set(compiled) <= set(private.missing):
        private = replace(private, works=False)
    package = _with_lives(package, "private", private) if private else package
    return _try_tests(package, packages, settings)


def _try_tests(package: Package, packages: list[str], settings: Settings) -> Package:
    """Run the package's own tests, with private copies if it needs them."""
    refuses = any(module.refuses for module in package.modules)
    if settings.level != "tests" or not (package.levels.private if refuses else package.levels.imports):
        return package
    result = run_own_tests(packages, settings.limits)
    return _with_result(package, "tests", result.works, result.problems)


def _try_survival(package: Package, importable: list[str], imports: Imports, settings: Settings) -> Package:
    if settings.level not in _THOROUGH or not package.levels.imports:
        return package
    modules = [name for name in importable if name not in imports.strict]
    lives = trials.live(modules, policy.STRICT, settings.cycles, settings.limits)
    return _with_lives(package, "survives", lives)


def _try_private_copies(
    package: Package, importable: list[str], optional: list[str], settings: Settings
) -> Lives | None:
    if not policy.SUPPORTED or not package.modules:  # nothing compiled, so nothing to copy
        return None
    chosen = policy.PRIVATE if package.levels.imports else policy.AUTO
    cycles = -(-settings.cycles // _PRIVATE_CYCLES) if settings.level in _THOROUGH else 0
    return trials.live(importable, chosen, cycles, settings.limits, optional)


def _with_lives(package: Package, level: str, lives: Lives) -> Package:
    return _with_result(package, level, lives.works, lives.problems)


def _with_result(package: Package, level: str, works: bool | None, problems: tuple[str, ...]) -> Package:
    results: dict[str, Any] = {level: works}
    levels = replace(package.levels, **results)
    findings = [f"{level}: {problem}" for problem in problems]
    return replace(package, levels=levels, findings=(*package.findings, *findings))


def _can_be_tried(module: Module) -> bool:
    is_readable = module.declared is not None or module.refused_because is None
    return is_readable and not is_for_tests(module.name)


def _hints(files: list[ExtensionFile], modules: list[Module]) -> list[str]:
    """Return what the files say that may matter to an author."""
    contents = {file.name: file.contents for file in files if file.contents}
    unknown: dict[str, list[str]] = {}
    for module in modules:
        if module.declared is None and module.refused_because:
            unknown.setdefault(module.refused_because, []).append(module.name)
    found = [f"{some(names)}: {reason}" for reason, names in unknown.items()]
    if attaching := [name for name, each in contents.items() if each.attaches_to_main]:
        found.append(f"{some(attaching)} may attach threads to the main interpreter (PyGILState_Ensure)")
    if static := [name for name, each in contents.items() if each.has_static_types]:
        found.append(f"{some(static)} may have classes in C variables (PyType_Ready)")
    return found


def _key(distribution: Distribution, files: list[ExtensionFile], settings: Settings) -> tuple[str, ...]:
    """Return what the result depends on: the files of the distribution, and the versions of all that it needs."""
    hashes = [hash_of_file(file.path) for file in files if file.contents]
    needed = with_requirements(distribution)
    versions = sorted(f"{each.metadata['Name']}=={each.version}" for each in needed)
    record = distribution.read_text("RECORD") or distribution.read_text("METADATA") or ""
    how = "declared" if settings.level == "declared" else f"{settings.level} {settings.cycles}"
    return "package", how, record, hash_of_texts(*hashes), *versions


def _is_hasty(package: Package) -> bool:
    """Return whether a time limit has decided something, which another run may decide differently."""
    signs = ("does not answer", "not done after", "when the time was over", "does not end within", "not tried")
    texts = [*package.findings, *(module.refused_because or "" for module in package.modules)]
    return any(sign in text for text in texts for sign in signs)
