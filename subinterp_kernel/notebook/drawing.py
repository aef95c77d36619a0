"""Keeps IPython from drawing an error a second time that a cell in another interpreter has shown already."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.cells import CellError

__all__ = ["DrawOnce"]


class DrawOnce:
    """Stands before a shell's ``_showtraceback``; libraries that draw errors in their own way may replace that, too.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell: Any = shell
        self._next: Any = None  # what stood there before, if anything
        self._drawing = False
        self.stand_first()

    def stand_first(self) -> None:
        """Take the first place again, if another one has taken it."""
        attributes = vars(self._shell)
        if attributes.get("_showtraceback") is not self:
            self._next = attributes.get("_showtraceback")
            self._shell._showtraceback = self

    def __call__(self, etype: type[BaseException], evalue: BaseException, lines: list[str]) -> None:
        """Draw an error, unless that has been done."""
        if isinstance(evalue, CellError) and evalue.drawn:
            evalue.drawn = False  # %tb may well draw it later
        elif self._next is None or self._drawing or isinstance(evalue, CellError):
            # The lines were made where the error was; nobody else can make them here.
            type(self._shell)._showtraceback(self._shell, etype, evalue, lines)
        else:
            self._drawing = True  # the next one may call whoever it has found here
            try:
                self._next(etype, evalue, lines)
            finally:
                self._drawing = False

    def remove(self) -> None:
        """Leave the place to whoever stood there before."""
        if vars(self._shell).get("_showtraceback") is self:
            del self._shell._showtraceback
            if self._next is not None:
                self._shell._showtraceback = self._next
