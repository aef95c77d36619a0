"""What the doctor reports: frozen records, and the same as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["DECLARATIONS", "Levels", "Module", "Package", "Report"]

# What a module, or a package, can declare; from the one that helps most to the one that helps least.
DECLARATIONS = ("pure", "own-gil", "shared-gil", "absent", "none", "single-phase")


@dataclass(frozen=True)
class Levels:
    """How well a package works in interpreters with GILs of their own; None where it was not tried.

    Attributes
    ----------
    declared : str or None
        What its extension modules declare: ``"own-gil"``, ``"shared-gil"``, ``"absent"``, ``"none"``,
        ``"single-phase"``, or ``"pure"`` if it has none. If they differ, that of the one that helps least.
    imports : bool or None
        It can be imported where CPython's check is in force.
    survives : bool or None
        Three interpreters had it at once and agreed, and many more were made and destroyed.
    private : bool or None
        Three interpreters had it at once, from private copies of its extension modules, and agreed.
    tests : bool or None
        Its own tests pass in an interpreter.

    Examples
    --------
    >>> from subinterp_kernel.doctor import Levels
    >>> Levels(declared="absent", imports=False, private=True).survives is None
    True
    """

    declared: str | None = None
    imports: bool | None = None
    survives: bool | None = None
    private: bool | None = None
    tests: bool | None = None


@dataclass(frozen=True)
class Module:
    """An extension module, of the package or of one that it needs.

    Attributes
    ----------
    name : str
        Its full name.
    file : str
        Its path.
    declared : str or None
        What it declares, as in :class:`Levels`; None if that could not be read.
    refused_because : str or None
        Why CPython refuses it in an interpreter with a GIL of its own, or why it could not be examined.
    imported_by : tuple of str or None
        The modules whose imports led to it, outermost first; None if it was not imported.

    Examples
    --------
    >>> from subinterp_kernel.doctor import Module
    >>> Module("speed._core", "speed/_core.so", "own-gil").refuses
    False
    """

    name: str
    file: str
    declared: str | None = None
    refused_because: str | None = None
    imported_by: tuple[str, ...] | None = None

    @property
    def refuses(self) -> bool:
        """Whether an interpreter with a GIL of its own cannot load it."""
        return self.declared not in {None, "own-gil"}


@dataclass(frozen=True)
class Package:
    """An installed distribution.

    Attributes
    ----------
    name, version : str
        As its metadata say.
    toolchains : tuple of str
        What its extension modules were made with.
    levels : Levels
        How well it works.
    modules : tuple of Module
        Its extension modules, and those of other packages that it imports and that refuse.
    advice : tuple of str
        What its users, then what its authors can do.
    findings : tuple of str
        What was seen: errors, crashes, objects that interpreters shared, trials that did not end.

    Examples
    --------
    >>> from subinterp_kernel.doctor import Package
    >>> Package("speed", "1.0").levels.imports is None
    True
    """

    name: str
    version: str
    toolchains: tuple[str, ...] = ()
    levels: Levels = Levels()
    modules: tuple[Module, ...] = ()
    advice: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Return the record of an item of ``"packages"``."""
        modules = []
        for module in found["modules"]:
            chain = module["imported_by"]
            modules.append(Module(**{**module, "imported_by": None if chain is None else tuple(chain)}))
        texts = {key: tuple(found.get(key, ())) for key in ("toolchains", "advice", "findings")}
        return cls(found["name"], found["version"], levels=Levels(**found["levels"]), modules=tuple(modules), **texts)


@dataclass(frozen=True)
class Report:
    """What the doctor has found, on which Python and when.

    Attributes
    ----------
    python : str
        The version of Python.
    date : str
        The day, as ``2026-11-27``.
    packages : tuple of Package
        In the order in which they were asked for.

    Examples
    --------
    >>> from subinterp_kernel.doctor import Package, Report
    >>> Report("3.13.0", "2026-11-27", (Package("speed", "1.0"),)).to_json()["packages"][0]["levels"]["declared"]
    """

    python: str
    date: str
    packages: tuple[Package, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` writes."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Return the record of what ``--json`` has written."""
        return cls(found["python"], found["date"], tuple(map(Package.from_json, found["packages"])))
