"""``%%subinterp NAME`` and ``%subinterp SUBCOMMAND``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display
from traitlets import Integer, observe

from subinterp_kernel import registry
from subinterp_kernel.errors import InterpreterError, InterpreterNotFoundError
from subinterp_kernel.interpreter import MAIN_NAME, Interpreter
from subinterp_kernel.notebook import options, several, surroundings, variables
from subinterp_kernel.notebook.cells import CellError
from subinterp_kernel.notebook.drawing import DrawOnce
from subinterp_kernel.notebook.execution import Execution, Settings
from subinterp_kernel.notebook.first_line import FirstLine
from subinterp_kernel.notebook.jobs import Job, JobList
from subinterp_kernel.notebook.relay import Relay
from subinterp_kernel.notebook.routing import Router
from subinterp_kernel.notebook.spares import Spares
from subinterp_kernel.notebook.tables import InterpreterTable, JobTable, SharedTable

__all__ = ["SubinterpMagics"]

_USAGE = "%%subinterp NAME [options] on the first line, the cell's code below"
_HELP = ("-h", "--help", "help")


@magics_class
class SubinterpMagics(Magics):
    """The magics of this package; ``%config SubinterpMagics`` shows what can be set."""

    spares = Integer(1, min=0, help="How many interpreters with IPython loaded to keep ready for new names.").tag(
        config=True
    )

    def __init__(self, shell: InteractiveShell, **kwargs: Any) -> None:
        super().__init__(shell, **kwargs)
        self._cell_parser = options.cell_parser()
        self._new_parser = options.new_parser()
        self._wait_parser = options.wait_parser()
        self.jobs = JobList()
        self._spares = Spares(self.spares)
        self.router = Router()
        self.draw_once: DrawOnce
        self._subcommands: dict[str, Callable[[list[str], str], None]] = {
            "list": self._list,
            "new": self._new,
            "close": self._close,
            "reset": self._reset,
            "interrupt": self._interrupt,
            "run": self._run,
            "memory": self._memory,
            "use": self._use,
            "push": self._push,
            "pull": self._pull,
            "jobs": self._list_jobs,
            "wait": self._wait,
        }

    @observe("spares")
    def _resize_spares(self, change: Any) -> None:
        if hasattr(self, "_spares"):
            self._spares.resize(change["new"])

    def refill_spares(self, *_event: object) -> None:
        """Replace the spares that were taken, a moment after the cell; called after each one."""
        self._spares.refill_soon()

    def first_line(self) -> FirstLine:
        """Return the completers of the magics' own lines."""
        return FirstLine(self._cell_parser, self._new_parser, self._subcommands, self.shell.user_ns)

    def close_spares(self) -> None:
        """Close the spares; called when the extension is unloaded."""
        self._spares.close()

    @cell_magic("subinterp")
    def subinterp_cell(self, line: str, cell: str) -> None:
        """Run the cell in a named sub-interpreter, made at its first use; its namespace is kept.

        ::

            %%subinterp NAME[,NAME...] [-i a,b=c] [-o x,y=z] [--fresh] [--bg] [--job VARIABLE] [--timeout SECONDS]
                [--no-queue] [--no-raise-error] [--gil own|shared] [--group name|type|order]
                [--path DIR]... [--venv DIR] [--env K=V]... [--clone-imports]
            code

        Output, the last expression's value and errors appear as those of an ordinary cell. Stop interrupts it.
        ``-i`` copies variables of the notebook in before it runs (``b=c``: as b what is c here), ``-o`` copies
        variables out when it has succeeded; shared objects cross by reference. ``--fresh`` clears the namespace first.

        ``--bg`` (``-a``) returns at once: what the job shows goes on appearing under this cell. ``--job VARIABLE``
        stores it: a future, which can be awaited, with ``result()``, ``interrupt()``, ``stdout``, ``show()``.
        ``--timeout`` interrupts the cell when it has run that long. A busy interpreter comes to the cell when its turn
        has come; with ``--no-queue`` that is refused.

        Several names, or patterns such as ``w*`` for those there are, run the cell in all of them at once, with
        ``rank`` and ``size`` defined; ``-o`` then gives lists, in the order of the ranks. Only ``--group order`` shows
        output live.

        A new interpreter imports from the folders of ``--path`` first, then from the virtual environment ``--venv``,
        then from where the notebook does. ``--env`` gives it an environment of its own with that variable.
        ``--clone-imports`` imports there what the notebook has imported, under the same names.
        """
        self.draw_once.stand_first()
        if line.strip() in _HELP:
            self.shell.run_line_magic("pinfo", "%%subinterp")
            return
        given = self._cell_parser.parse_args(options.split(line))
        background = given.bg or given.job is not None
        settings = Settings(
            variables.parse(given.input),
            variables.parse(given.output),
            given.fresh,
            given.group,
            given.timeout,
            background,
            surroundings.imports_of(self.shell) if given.clone_imports else {},
        )
        try:
            wishes = surroundings.wishes(given)
            interpreters = [self._get_or_create(name, given.gil, **wishes) for name in several.names_of(given.names)]
            if given.no_queue:
                _refuse_if_busy(interpreters)
            if background:
                self._start_job(interpreters, cell, settings, given.job)
            else:
                self._run_cell(interpreters, cell, settings)
        except CellError as error:
            if not given.no_raise_error:
                raise
            if not error.drawn:
                print("\n".join(error.lines), file=sys.stderr)
        except InterpreterError as error:
            raise UsageError(str(error)) from None

    def _run_cell(self, interpreters: list[Interpreter], cell: str, settings: Settings) -> None:
        execution = Execution(self.shell, interpreters, cell, settings, Relay(self.shell))
        _say_if_busy(execution.backlog())
        execution.run()

    def _start_job(self, interpreters: list[Interpreter], cell: str, settings: Settings, variable: str | None) -> None:
        job = self.jobs.start(lambda number: Job(self.shell, interpreters, cell, settings, number))
        if variable is not None:
            self.shell.push({variable: job})

    @line_magic("subinterp")
    def subinterp_line(self, line: str) -> None:
        """List, make, end, clear or interrupt interpreters, evaluate an expression in one, or list what they share.

        ::

            %subinterp                        the list
            %subinterp new NAME [--gil own|shared] [--path DIR]... [--venv DIR] [--env K=V]... [--clone-imports]
            %subinterp close NAME...          --all for all of them
            %subinterp reset NAME...
            %subinterp interrupt NAME...
            %subinterp run NAME EXPRESSION
            %subinterp use NAME               where plain cells go from now on; `use main`: back
            %subinterp push NAME a,b=c        copy variables of the notebook in
            %subinterp pull NAME x,y=z        copy variables out
            %subinterp memory                 what is shared, and who holds it
            %subinterp jobs                   the list of background cells
            %subinterp wait [JOB...]          until these have ended, or all; --timeout SECONDS
        """
        self.draw_once.stand_first()
        if line.strip() in _HELP:
            self.shell.run_line_magic("pinfo", "%subinterp")
            return
        words = line.split(maxsplit=1)
        name, rest = (*(words or ["list"]), "")[:2]
        subcommand = self._subcommands.get(name)
        if subcommand is None:
            known = ", ".join(self._subcommands)
            raise UsageError(f"%subinterp knows {known}; not {name!r}. A cell begins with {_USAGE}")
        try:
            # An expression is not a list of words: its quotes and brackets are Python's.
            subcommand([] if name == "run" else options.split(rest), rest)
        except InterpreterError as error:
            raise UsageError(str(error)) from None

    def _get_or_create(self, name: str, gil: str | None, **wishes: Any) -> Interpreter:
        if name == MAIN_NAME:
            registry.check_name(name)
        try:
            interpreter = registry.get(name)
        except InterpreterNotFoundError:
            return self._create(name, gil or "own", **wishes)
        if gil is not None and gil != interpreter.gil:
            raise UsageError(
                f"interpreter {name!r} exists and has its {interpreter.gil} GIL; close it first to make another"
            )
        if wishes:
            raise UsageError(
                f"interpreter {name!r} exists and keeps its path and environment; close it first to make another"
            )
        return interpreter

    def _create(self, name: str, gil: str, **wishes: Any) -> Interpreter:
        return self._spares.take(name, **wishes) if gil == "own" else registry.create(name, gil=gil, **wishes)

    def _list(self, words: list[str], _rest: str) -> None:
        if words:
            raise UsageError("%subinterp list takes no arguments")
        display(InterpreterTable(self.router.active))

    def _push(self, words: list[str], _rest: str) -> None:
        interpreter, assignments = _interpreter_and_variables(words, "push")
        variables.push(self.shell, interpreter, assignments)

    def _pull(self, words: list[str], _rest: str) -> None:
        interpreter, assignments = _interpreter_and_variables(words, "pull")
        variables.pull(self.shell, interpreter, assignments)

    def _memory(self, words: list[str], _rest: str) -> None:
        if words:
            raise UsageError("%subinterp memory takes no arguments")
        display(SharedTable())

    def _new(self, words: list[str], _rest: str) -> None:
        given = self._new_parser.parse_args(words)
        made = self._create(given.name, given.gil, **surroundings.wishes(given))
        if given.clone_imports:
            surroundings.clone_imports(self.shell, made)

    def _close(self, words: list[str], _rest: str) -> None:
        if words == ["--all"]:
            words = [interpreter.name for interpreter in registry.list_all()[1:]]
        elif not words:
            raise UsageError("%subinterp close NAME... (or --all)")
        for interpreter in [registry.get(word) for word in words]:
            interpreter.close()
            if interpreter.name == self.router.active:
                self._send_cells_to(None)

    def _use(self, words: list[str], _rest: str) -> None:
        if len(words) != 1:
            raise UsageError("%subinterp use NAME (or `use main`)")
        if words[0] != MAIN_NAME:
            self._get_or_create(words[0], None)
        self._send_cells_to(None if words[0] == MAIN_NAME else words[0])

    def _send_cells_to(self, name: str | None) -> None:
        self.router.active = name
        if name is None:
            print("plain cells run in the main interpreter again")
        else:
            print(f"plain cells run in interpreter {name!r} from now on; `%subinterp use {MAIN_NAME}` leads back")

    def _reset(self, words: list[str], _rest: str) -> None:
        for interpreter in self._named(words, "reset"):
            interpreter.reset()

    def _interrupt(self, words: list[str], _rest: str) -> None:
        for interpreter in self._named(words, "interrupt"):
            interpreter.interrupt()

    def _named(self, words: list[str], subcommand: str) -> list[Interpreter]:
        if not words:
            raise UsageError(f"%subinterp {subcommand} NAME...")
        return [registry.get(word) for word in words]

    def _run(self, _words: list[str], rest: str) -> None:
        words = rest.split(maxsplit=1)
        if len(words) < 2:
            raise UsageError("%subinterp run NAME EXPRESSION")
        self._run_cell([registry.get(words[0])], words[1], Settings())

    def _list_jobs(self, words: list[str], _rest: str) -> None:
        if words:
            raise UsageError("%subinterp jobs takes no arguments")
        display(JobTable(self.jobs))

    def _wait(self, words: list[str], _rest: str) -> None:
        given = self._wait_parser.parse_args(words)
        try:
            jobs = self.jobs.find(given.jobs) if given.jobs else self.jobs.unfinished()
        except LookupError as error:
            raise UsageError(str(error.args[0])) from None
        end = None if given.timeout is None else time.monotonic() + given.timeout
        for job in jobs:
            job.wait(None if end is None else max(0.0, end - time.monotonic()))
        left = [str(job.number) for job in jobs if not job.done()]
        if left and given.timeout is not None:  # else the kernel is shutting down
            raise UsageError(f"not done after {given.timeout:g} seconds: job {', '.join(left)}; it goes on")


def _interpreter_and_variables(words: list[str], subcommand: str) -> tuple[Interpreter, list[variables.Assignment]]:
    if len(words) < 2:
        raise UsageError(f"%subinterp {subcommand} NAME VARIABLE[=SOURCE],...")
    return registry.get(words[0]), variables.parse(words[1:])


def _refuse_if_busy(interpreters: list[Interpreter]) -> None:
    for interpreter in interpreters:
        if interpreter._live().backlog():
            raise UsageError(
                f"interpreter {interpreter.name!r} is busy: leave --no-queue out to wait for it, or interrupt it with "
                f"`%subinterp interrupt {interpreter.name}`"
            )


def _say_if_busy(backlog: dict[str, int]) -> None:
    for name, count in backlog.items():
        what = "one other" if count == 1 else f"{count} others"
        print(f"interpreter {name!r} is busy: this cell's turn comes after {what}", file=sys.stderr)
