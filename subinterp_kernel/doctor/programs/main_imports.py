"""Imports modules in main, where everything may be loaded, and notes which imports lead to which extension modules."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.programs.reporting import one_line, request_and_report, try_each

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType, ModuleType

__all__ = ["Chains", "main"]


class Chains:
    """Notes, as a loader of extension modules, which modules were being imported when each was loaded.

    Attributes
    ----------
    loaded : list of (str, str, list of str)
        The name and file of each extension module, and the modules whose imports led to it, outermost first.
    """

    def __init__(self) -> None:
        self.loaded: list[tuple[str, str, list[str]]] = []
        self._create = ExtensionFileLoader.create_module

    def install(self) -> None:
        """Note from now on."""
        loader: type = ExtensionFileLoader
        chains = self

        def create_module(self: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType | None:
            chains.loaded.append((spec.name, self.path, _importing_modules(sys._getframe(1))))
            return chains._create(self, spec)

        setattr(loader, "create_module", create_module)  # noqa: B010, the class is not assignable for type checkers

    def import_module(self, name: str) -> dict[str, object]:
        """Import a module; return what it loaded, and the error."""
        before = len(self.loaded)
        error = None
        try:
            importlib.import_module(name)
        except BaseException as failure:  # noqa: BLE001, whatever a package raises is its answer
            error = one_line(failure)
        return {"loaded": self.loaded[before:], "error": error}


def _importing_modules(frame: FrameType | None) -> list[str]:
    """Return the names of the modules whose code is being run, outermost first."""
    found: list[str] = []
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not _is_machinery(name) and name not in found[-1:]:
            found.append(name)
        frame = frame.f_back
    return found[::-1]


def _is_machinery(name: str, machinery: Sequence[str] = ("importlib", "subinterp_kernel.doctor")) -> bool:
    return name in {"", "__main__", "runpy"} or name.startswith(tuple(machinery)) or "_bootstrap" in name


def main() -> None:
    """Answer the doctor."""
    request, report = request_and_report()
    chains = Chains()
    chains.install()
    try_each(request["items"], report, chains.import_module)


if __name__ == "__main__":
    main()
