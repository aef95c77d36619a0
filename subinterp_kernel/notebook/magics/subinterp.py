"""``%%subinterp NAME`` and ``%subinterp SUBCOMMAND``."""

from __future__ import annotations

import textwrap
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from traitlets import Enum, Integer, List, Unicode, observe

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.extensions.policy import AUTO, POLICIES
from subinterp_kernel.notebook.context import NotebookContext
from subinterp_kernel.notebook.execution.spares import Spares
from subinterp_kernel.notebook.execution.task_output import TaskOutput
from subinterp_kernel.notebook.magics.cells import CellRunner
from subinterp_kernel.notebook.magics.magic_completion import MagicCompletion
from subinterp_kernel.notebook.magics.options import cell_parser, parse_cell, subcommand_parsers
from subinterp_kernel.notebook.magics.routing import Router
from subinterp_kernel.notebook.magics.subcommands import Subcommands
from subinterp_kernel.notebook.magics.value_completion import unfinished_jobs, variables_of
from subinterp_kernel.notebook.output.traceback_hook import TracebackHook

__all__ = ["SubinterpMagics"]

_HELP = ("-h", "--help", "help")

_CELL_NOTES = """
Output, errors and the value of the last expression appear as those of an ordinary cell. Stop interrupts the cell. The
namespace of the interpreter is kept.

A job (--bg, --job) returns at once; its output goes on appearing below the cell that started it. It is a future that
can be awaited, with result(), interrupt(), stdout and show().

Several names, or patterns such as w* for existing interpreters, run the cell in all of them at once, with the variables
rank and size defined. A notebook shows the last lines of each while they run, and all of their output by interpreter
at the end; --group order shows each line as it comes, after the name of its interpreter. So do jobs and terminals.
"""


@magics_class
class SubinterpMagics(Magics):
    """The magics of this package; ``%config SubinterpMagics`` shows what can be configured."""

    spares = Integer(1, min=0, help="How many interpreters with IPython loaded to keep ready for new names.").tag(
        config=True
    )

    preload = List(Unicode(), help="Modules that these interpreters import ahead, such as numpy.").tag(config=True)
    extensions = Enum(
        POLICIES, AUTO,
        help="How new interpreters load extension modules that do not support a GIL of their own: from private copies "
        "(auto), or not at all (strict); or all of them from private copies (private).",
    ).tag(config=True)  # fmt: skip

    def __init__(self, shell: InteractiveShell, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self.context = NotebookContext(shell)
        self.cells = CellRunner(self.context, Spares(self.spares, self.preload, self.context.scheduler))
        self.cells.extensions = self.extensions
        variables = variables_of(shell)
        self._cell_parser = cell_parser(variables)
        self.router = Router(self._cell_parser)
        parsers = subcommand_parsers(variables, unfinished_jobs(self.cells.jobs))
        self._subcommands = Subcommands(parsers, self.cells, self.router)
        self.completion = MagicCompletion(self._cell_parser, parsers)
        self.traceback_hook = TracebackHook(shell)
        self.task_output = TaskOutput(shell)

    @observe("spares")
    def _resize_spares(self, change: Any) -> None:
        if hasattr(self, "cells"):
            self.cells.spares.resize(change["new"])

    @observe("preload")
    def _preload(self, change: Any) -> None:
        if hasattr(self, "cells"):
            self.cells.spares.preload(change["new"])

    @observe("extensions")
    def _set_extensions(self, change: Any) -> None:
        if hasattr(self, "cells"):
            self.cells.extensions = change["new"]

    def after_cell(self, result: Any = None) -> None:
        """Replace the spares that were taken, and store the final status of jobs; called after each cell.

        If Stop has ended the cell, the tasks that it gave to pools are stopped, too.
        """
        if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
            self.task_output.stop()
        self.cells.spares.refill_soon()
        self.cells.jobs.update_from_current_cell()

    def unload(self) -> None:
        """Restore the shell's traceback hook, and close the spares and the pools."""
        self.traceback_hook.remove()
        self.cells.pools.close_all()
        self.cells.spares.close()
        self.task_output.remove()

    @cell_magic("subinterp")
    def subinterp_cell(self, line: str, cell: str) -> None:
        """Run the cell in a named interpreter."""
        self.traceback_hook.install()
        if line.strip() in _HELP:
            self.shell.run_line_magic("pinfo", "%%subinterp")
            return
        request = parse_cell(self._cell_parser, line, cell)
        try:
            self.cells.execute(request)
        except InterpreterError as error:
            raise UsageError(str(error)) from None

    @line_magic("subinterp")
    def subinterp_line(self, line: str) -> Any:
        """Manage interpreters."""
        self.traceback_hook.install()
        if line.strip() in _HELP:
            self.shell.run_line_magic("pinfo", "%subinterp")
            return None
        try:
            return self._subcommands.run_line(line)
        except InterpreterError as error:
            raise UsageError(str(error)) from None


def _cell_help() -> str:
    return cell_parser().format_help() + _CELL_NOTES


def _line_help() -> str:
    lines = ["Show all interpreters, or run one of the subcommands:", ""]
    for parser in subcommand_parsers().values():
        usage = parser.format_usage().removeprefix("usage: ").split()
        lines += [textwrap.fill(" ".join(usage), 100, initial_indent=" " * 4, subsequent_indent=" " * 8)]
        lines += [f"        {parser.description}"]
    return "\n".join(lines) + "\n"


SubinterpMagics.subinterp_cell.__doc__ = _cell_help()
SubinterpMagics.subinterp_line.__doc__ = _line_help()
