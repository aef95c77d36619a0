"""Puts the magics into an IPython shell, and takes them out again."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.drawing import DrawOnce
from subinterp_kernel.notebook.magics import SubinterpMagics

__all__ = ["load", "loaded", "unload"]


def load(shell: InteractiveShell) -> None:
    """Register the magics; loading twice changes nothing."""
    if loaded(shell) is not None:
        return
    magics = SubinterpMagics(shell, parent=shell)
    shell.register_magics(magics)
    shell.events.register("post_run_cell", magics.refill_spares)
    shell.events.register("post_run_cell", magics.jobs.tell_current_cell)
    shell.input_transformers_cleanup.append(magics.router)
    completers = magics.first_line()
    shell.set_hook("complete_command", completers.cell_magic, str_key="%%subinterp")
    shell.set_hook("complete_command", completers.line_magic, str_key="%subinterp")
    magics.draw_once = DrawOnce(shell)
    magics.refill_spares()


def unload(shell: InteractiveShell) -> None:
    """Remove the magics and the spares; named interpreters stay."""
    magics = loaded(shell)
    if magics is None:
        return
    shell.events.unregister("post_run_cell", magics.refill_spares)
    shell.events.unregister("post_run_cell", magics.jobs.tell_current_cell)
    shell.input_transformers_cleanup.remove(magics.router)
    shell.configurables.remove(magics)
    shell.magics_manager.registry.pop(SubinterpMagics.__name__, None)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("subinterp", None)
    for key in ("%%subinterp", "%subinterp"):
        shell.strdispatchers["complete_command"].strs.pop(key, None)
    magics.draw_once.remove()
    magics.close_spares()


def loaded(shell: InteractiveShell) -> SubinterpMagics | None:
    """Return the magics of a shell, or None where they are not loaded."""
    magics: SubinterpMagics | None = shell.magics_manager.registry.get(SubinterpMagics.__name__)
    return magics
