"""The magics of ipykernel that work in a sub-interpreter, and magics that warn or refuse there."""

from __future__ import annotations

from pathlib import Path

from IPython.core import page
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

__all__ = ["WorkerMagics"]


@magics_class
class WorkerMagics(Magics):
    """Pagers, ``%edit``, ``%cd``, and errors for magics that work in the main interpreter only."""

    _warned = False

    @line_magic
    def less(self, line: str) -> None:
        """Show a file in the pager; Python files with syntax highlighting."""
        if not line:
            raise UsageError("Missing filename.")
        text = Path(line).read_text()
        page.page(self.shell.pycolorize(text) if line.endswith(".py") else text)

    more = line_magic("more")(less)

    @line_magic
    def man(self, line: str) -> None:
        """Show a manual page in the pager."""
        page.page(self.shell.getoutput(f"man {line} | col -b", split=False))

    @line_magic
    def clear(self, _line: str) -> None:
        """Clear the terminal."""
        self.shell.system("clear")

    @line_magic
    def cd(self, line: str) -> None:
        """Change the current directory, as in IPython; warns that all interpreters share it."""
        from IPython.core.magics.osm import OSMagics

        OSMagics(self.shell).cd(line)
        if not self._warned:
            self._warned = True
            print("The current directory is shared: it has changed for all interpreters.")

    @line_magic
    def edit(self, line: str, last_call: list[str] | None = None) -> None:
        """Open a file in the frontend's editor; it may be created from a variable, a function or earlier cells."""
        from IPython.core.magics.code import CodeMagics, MacroToEdit

        options, target = self.parse_options(line, "prn:")
        try:
            filename, number, _ = CodeMagics._find_edit_target(self.shell, target, options, last_call or ["", ""])
        except MacroToEdit:
            raise UsageError("a macro cannot be edited: change the cells that it was created from") from None
        path = str(Path(filename).resolve())
        payload = {"source": "edit_magic", "filename": path, "line_number": number}
        self.shell.payload_manager.write_payload(payload)

    @line_magic
    def notebook(self, line: str) -> None:
        """Write the cells of this interpreter to a notebook, if nbformat can be imported."""
        from IPython.core.magics.basic import BasicMagics

        try:
            BasicMagics(self.shell).notebook(line)
        except ImportError as error:
            raise UsageError(
                f"%notebook needs nbformat, which cannot be imported here ({error}): run it in the main interpreter"
            ) from None

    @line_magic
    def connect_info(self, _line: str) -> None:
        """Raise UsageError: only the main interpreter has a connection."""
        raise UsageError("this interpreter has no connection of its own: run this magic in the main interpreter")

    qtconsole = line_magic("qtconsole")(connect_info)
    subshell = line_magic("subshell")(connect_info)
    autosave = line_magic("autosave")(connect_info)

    @line_cell_magic
    def subinterp(self, _line: str, _cell: str | None = None) -> None:
        """Raise UsageError: only the main interpreter runs cells in others."""
        raise UsageError("subinterp works in the main interpreter only; this cell runs in another one already")
