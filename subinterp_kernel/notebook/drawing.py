"""Keeps IPython from drawing an error a second time that a cell in another interpreter has shown already."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.cells import CellError

__all__ = ["DrawOnce"]


class DrawOnce:
    """Stands before a shell's ``_showtraceback``.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell: Any = shell
        self._draw = shell._showtraceback
        self._shell._showtraceback = self

    def __call__(self, etype: type[BaseException], evalue: BaseException, lines: list[str]) -> None:
        """Draw an error, unless that has been done."""
        if isinstance(evalue, CellError) and evalue.drawn:
            evalue.drawn = False  # %tb may well draw it later
        else:
            self._draw(etype, evalue, lines)

    def remove(self) -> None:
        """Let the shell draw by itself."""
        if vars(self._shell).get("_showtraceback") is self:
            del self._shell._showtraceback
