"""Runs the cells of ``%%subinterp``: gets or makes their interpreters, and runs them or starts them as jobs."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.error import UsageError

from subinterp_kernel.errors import InterpreterNotFoundError
from subinterp_kernel.extensions.policy import AUTO
from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.notebook.context import NotebookContext
from subinterp_kernel.notebook.errors import CellError
from subinterp_kernel.notebook.execution import targets
from subinterp_kernel.notebook.execution.cell_request import CellRequest
from subinterp_kernel.notebook.execution.cell_run import CellRun
from subinterp_kernel.notebook.execution.job import Job
from subinterp_kernel.notebook.execution.job_list import JobList
from subinterp_kernel.notebook.execution.pools import Pools
from subinterp_kernel.notebook.execution.spares import Spares
from subinterp_kernel.notebook.magics.options import creation_options
from subinterp_kernel.notebook.output.relay import Relay
from subinterp_kernel.notebook.stuck import refuse_stuck

__all__ = ["CellRunner", "print_note"]


class CellRunner:
    """Runs cells in named interpreters.

    Parameters
    ----------
    context : NotebookContext
        The shell, and how to wait.
    spares : Spares
        The interpreters that are kept ready for new names.

    Attributes
    ----------
    context : NotebookContext
        The same.
    jobs : JobList
        The jobs that it has started.
    pools : Pools
        The pools that the magics have made.
    spares : Spares
        The interpreters that are ready.
    extensions : str
        How new interpreters load extension modules, unless a cell says otherwise.
    """

    def __init__(self, context: NotebookContext, spares: Spares) -> None:
        self.context = context
        self.jobs = JobList()
        self.pools = Pools()
        self.spares = spares
        self.extensions = AUTO

    def execute(self, request: CellRequest) -> None:
        """Run a cell, or start it as a job.

        Raises
        ------
        CellError
            The cell raised an exception.
        UsageError, InterpreterError
            It could not run; the message says why.
        """
        given = request.options
        names = request.targets.split(",")
        if MAIN_NAME in names:
            raise UsageError(
                "main runs cells alone and without options: write %%subinterp main, or name other interpreters only"
            )
        names = targets.names_of(request.targets)
        interpreters = [self.get_or_create(name, given.gil, **creation_options(given)) for name in names]
        refuse_stuck(interpreters)
        if not given.queue:
            _refuse_if_busy(interpreters)
        try:
            if given.background:
                self._start_job(interpreters, request)
            else:
                self.run(interpreters, request)
        except CellError as error:
            if given.raise_error:
                raise
            if not error.shown:
                print("\n".join(error.lines), file=sys.stderr)

    def run(self, interpreters: list[Interpreter], request: CellRequest) -> None:
        """Run a cell in these interpreters and wait until it has ended; see :meth:`CellRun.run`."""
        relay = Relay(self.context.shell)
        run = CellRun(self.context, interpreters, request, relay, relay.while_running(request.body))
        for name, count in run.backlog().items():
            others = "1 other request" if count == 1 else f"{count} other requests"
            print_note(f"interpreter {name!r} is busy: this cell runs after {others}")
        run.run()

    def get_or_create(self, name: str, gil: str | None = None, **options: Any) -> Interpreter:
        """Return the interpreter of that name, made if there is none.

        Raises
        ------
        UsageError
            It exists, and differs from what the options ask for.
        """
        try:
            interpreter = registry.get(name)
        except InterpreterNotFoundError:
            return self.create(name, gil or "own", **options)
        if gil is not None and gil != interpreter.gil:
            raise UsageError(
                f"interpreter {name!r} exists, with --gil {interpreter.gil}; omit --gil, or run "
                f"`%subinterp close {name}` first"
            )
        if options:
            raise UsageError(
                f"interpreter {name!r} exists and keeps its path and environment; omit --path, --venv and --env, or "
                f"run `%subinterp close {name}` first"
            )
        return interpreter

    def create(self, name: str, gil: str, **options: Any) -> Interpreter:
        """Return a new interpreter: a spare if there is one."""
        if self.extensions != AUTO:
            options.setdefault("extensions", self.extensions)
        return self.spares.take(name, **options) if gil == "own" else registry.create(name, gil=gil, **options)

    def _start_job(self, interpreters: list[Interpreter], request: CellRequest) -> None:
        job = self.jobs.start(lambda number: Job(self.context, interpreters, request, number))
        if request.options.job is not None:
            self.context.shell.push({request.options.job: job})


def print_note(text: str) -> None:
    """Print a note: to stdout, because frontends show stderr in red, as errors."""
    print(text)


def _refuse_if_busy(interpreters: list[Interpreter]) -> None:
    for interpreter in interpreters:
        if interpreter.backlog:
            raise UsageError(
                f"interpreter {interpreter.name!r} is busy: omit --no-queue to wait for it, or interrupt it with "
                f"`%subinterp interrupt {interpreter.name}`"
            )
