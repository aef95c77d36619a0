"""``%%subinterp_cython NAME``: a Cython cell, compiled once and imported into each interpreter."""

from __future__ import annotations

from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.extensions.policy import SUPPORTED
from subinterp_kernel.interpreters import compiled_cells
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.notebook.execution import targets
from subinterp_kernel.notebook.execution.cell_request import CellOptions, CellRequest
from subinterp_kernel.notebook.magics.argument_parser import split
from subinterp_kernel.notebook.magics.cells import CellRunner, print_note
from subinterp_kernel.notebook.magics.cython_compilation import BuildOptions, compiled
from subinterp_kernel.notebook.magics.cython_options import cython_parser
from subinterp_kernel.notebook.stuck import refuse_stuck

__all__ = ["CythonCells"]

_NOTES = """
The public names of the cell are bound in each interpreter. What was compiled is kept in IPython's cache folder, also
for other kernels: the same cell is not compiled again. A module-level cdef variable is another one in each interpreter.
Functions with nogil kernels take SharedArrays as typed memoryviews, such as double[::1].
"""


@magics_class
class CythonCells(Magics):
    """The magic for Cython cells.

    Parameters
    ----------
    shell : InteractiveShell
        The shell of the main interpreter.
    cells : CellRunner
        Finds and makes the interpreters, and runs the import in them.
    """

    def __init__(self, shell: InteractiveShell, cells: CellRunner, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self._cells = cells
        self._parser = cython_parser()

    @cell_magic("subinterp_cython")
    def subinterp_cython(self, line: str, cell: str) -> None:
        """Compile a Cython cell, and import it into interpreters."""
        if line.strip() in ("-h", "--help", "help"):
            self.shell.run_line_magic("pinfo", "%%subinterp_cython")
            return
        given = vars(self._parser.parse_args(split(line)))
        names = _names(",".join(given.pop("targets")))
        force = given.pop("force")
        options = BuildOptions(language="c++" if given.pop("cplus") else "c", **given)
        try:
            module = compiled(self._cells.context, cell, options, force)
            if module.messages:
                print_note(module.messages)
            interpreters = [self._cells.get_or_create(name) for name in names]
            _refuse_where_not_supported(interpreters)
            refuse_stuck(interpreters)
            body = _import_of(module.module, module.path)
            self._cells.run(interpreters, CellRequest(",".join(names), body, CellOptions()))
        except InterpreterError as error:
            raise UsageError(str(error)) from None


def _names(given: str) -> list[str]:
    if MAIN_NAME in given.split(","):
        raise UsageError("%%subinterp_cython is for other interpreters than main: use Cython's %%cython in main")
    return targets.names_of(given)


def _refuse_where_not_supported(interpreters: list[Interpreter]) -> None:
    for interpreter in interpreters:
        if not SUPPORTED and interpreter.gil == "own":
            raise UsageError(
                f"interpreter {interpreter.name!r} has a GIL of its own and cannot import compiled cells on this "
                "system, only on Linux: name an interpreter that was made with --gil shared"
            )


def _import_of(module: str, path: str) -> str:
    """Return the code that imports the module; it has no names of its own, because it runs in ``__main__``."""
    function = compiled_cells.bind_public_names.__name__
    return f"__import__({compiled_cells.__name__!r}, fromlist=['']).{function}({module!r}, {path!r})"


CythonCells.subinterp_cython.__doc__ = cython_parser().format_help() + _NOTES
