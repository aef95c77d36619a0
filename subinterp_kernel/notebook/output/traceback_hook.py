"""What main shows of errors: not again what the output of a cell has already, and no frames of this package."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.interpreters import imports
from subinterp_kernel.messaging import own_frames
from subinterp_kernel.notebook.errors import CellError

__all__ = ["TracebackHook"]


class TracebackHook:
    """Replaces what a shell does with errors: ``_showtraceback``, ``_get_exc_info`` and ``debugger``.

    It calls what other libraries have put in place of the first.

    Parameters
    ----------
    shell : InteractiveShell
        The shell of the main interpreter.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell: Any = shell
        self._next: Any = None  # another library's hook, if there was one
        self._in_next = False
        self.install()

    def install(self) -> None:
        """Install the hook, in front of any that was installed since."""
        self._shell._get_exc_info = self._get_exc_info
        self._shell.debugger = self._debugger
        attributes = vars(self._shell)
        if attributes.get("_showtraceback") is not self:
            self._next = attributes.get("_showtraceback")
            self._shell._showtraceback = self

    def __call__(self, etype: type[BaseException], evalue: BaseException, lines: list[str]) -> None:
        """Show an error, unless the output has it already."""
        if isinstance(evalue, CellError) and evalue.shown:
            evalue.shown = False  # so that %tb can show it
        elif self._next is None or self._in_next or isinstance(evalue, CellError):
            # The lines of a CellError were formatted in its interpreter: other hooks could not format them here.
            type(self._shell)._showtraceback(self._shell, etype, evalue, lines)
        else:
            self._in_next = True  # the other hook may call this one
            try:
                self._next(etype, evalue, lines)
            finally:
                self._in_next = False

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        found = type(self._shell)._get_exc_info(self._shell, exc_tuple)
        if isinstance(found[1], BaseException):
            own_frames.drop_in_chain(found[1])
            imports.explain(found[1])
        return found

    def _debugger(self, force: bool = False) -> None:
        error = getattr(sys, "last_exc", None)
        if not isinstance(error, CellError):
            type(self._shell).debugger(self._shell, force)
        elif force or self._shell.call_pdb:
            # Only there are its frames; the debugger would show those of IPython, or of an earlier error.
            print(
                f"{error.ename} was raised in interpreter {error.interpreter!r}. To debug it, run %debug there: in a "
                f"cell that starts with %%subinterp {error.interpreter}"
            )

    def remove(self) -> None:
        """Restore the hook that was installed before."""
        for name in ("_get_exc_info", "debugger"):
            vars(self._shell).pop(name, None)
        if vars(self._shell).get("_showtraceback") is self:
            del self._shell._showtraceback
            if self._next is not None:
                self._shell._showtraceback = self._next
