"""Magics that ipykernel adds to IPython's, as far as they make sense here, and those that need a word of warning."""

from __future__ import annotations

import sys
from pathlib import Path

from IPython.core import page
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

__all__ = ["InsideMagics"]


@magics_class
class InsideMagics(Magics):
    """Pagers, ``%cd``, and a clear refusal of ``%%subinterp``."""

    _warned = False

    @line_magic
    def less(self, line: str) -> None:
        """Show a file through the pager; Python in colours."""
        if not line:
            raise UsageError("Missing filename.")
        text = Path(line).read_text()
        page.page(self.shell.pycolorize(text) if line.endswith(".py") else text)

    more = line_magic("more")(less)

    @line_magic
    def man(self, line: str) -> None:
        """Show a manual page through the pager."""
        page.page(self.shell.getoutput(f"man {line} | col -b", split=False))

    @line_magic
    def clear(self, _line: str) -> None:
        """Clear the terminal."""
        self.shell.system("clear")

    @line_magic
    def cd(self, line: str) -> None:
        """Change the current directory, which is the whole process's; otherwise as in IPython."""
        from IPython.core.magics.osm import OSMagics

        OSMagics(self.shell).cd(line)
        if not self._warned:
            self._warned = True
            print("The current directory is the whole process's: it has changed for all interpreters.", file=sys.stderr)

    @line_cell_magic
    def subinterp(self, _line: str, _cell: str | None = None) -> None:
        """Refuse: only the main interpreter runs cells in others."""
        raise UsageError("subinterp works in the main interpreter only; this cell runs in another one already")
