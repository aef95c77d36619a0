"""Loads the magics into an IPython shell, and unloads them."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.magics.cython_cells import CythonCells
from subinterp_kernel.notebook.magics.subinterp import SubinterpMagics

__all__ = ["load", "loaded", "unload"]


def load(shell: InteractiveShell) -> None:
    """Register the magics; nothing happens if they are loaded already."""
    if loaded(shell) is not None:
        return
    magics = SubinterpMagics(shell, parent=shell)
    shell.register_magics(magics, CythonCells(shell, magics.cells))
    shell.events.register("post_run_cell", magics.after_cell)
    shell.input_transformers_cleanup.append(magics.router)
    shell.Completer.custom_matchers.append(magics.completion.matcher)
    magics.cells.spares.refill_soon()


def unload(shell: InteractiveShell) -> None:
    """Remove the magics and the spares; named interpreters stay."""
    magics = loaded(shell)
    if magics is None:
        return
    shell.events.unregister("post_run_cell", magics.after_cell)
    shell.input_transformers_cleanup.remove(magics.router)
    for each in (magics, shell.magics_manager.registry.pop(CythonCells.__name__)):
        shell.configurables.remove(each)
    shell.magics_manager.registry.pop(SubinterpMagics.__name__, None)
    for kind, name in (("line", "subinterp"), ("cell", "subinterp"), ("cell", "subinterp_cython")):
        shell.magics_manager.magics[kind].pop(name, None)
    shell.Completer.custom_matchers.remove(magics.completion.matcher)
    magics.unload()


def loaded(shell: InteractiveShell) -> SubinterpMagics | None:
    """Return the magics of a shell, or None if they are not loaded."""
    magics: SubinterpMagics | None = shell.magics_manager.registry.get(SubinterpMagics.__name__)
    return magics
