"""The subcommands of ``%subinterp``."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.error import UsageError
from IPython.display import display

from subinterp_kernel.extensions.importer import loaded as loaded_extensions
from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.closing import close_worker, end_together
from subinterp_kernel.interpreters.imports import bind_modules
from subinterp_kernel.interpreters.interpreter import Interpreter, worker_of
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.messaging.cells import Assignment
from subinterp_kernel.notebook.execution import targets, variables
from subinterp_kernel.notebook.execution.cell_request import CellOptions, CellRequest
from subinterp_kernel.notebook.magics import pool_subcommands
from subinterp_kernel.notebook.magics.argument_parser import LineParser, split
from subinterp_kernel.notebook.magics.cells import CellRunner, print_note
from subinterp_kernel.notebook.magics.options import creation_options, parse_assignment
from subinterp_kernel.notebook.magics.routing import Router
from subinterp_kernel.notebook.output.tables import InterpreterTable, JobTable, PackageTable, SharedObjectTable
from subinterp_kernel.notebook.stuck import explain_interrupt, refuse_stuck, sees_interrupt

__all__ = ["Subcommands"]

_CLOSE_TIMEOUT = 5.0  # seconds for code that sees interrupts

_FOR_MAIN = {
    "close": "main ends with the kernel",
    "reset": "run %reset in a plain cell",
    "gather": "it has what it needs already",
    "interrupt": "press Stop",
    "run": "write the expression in a plain cell",
    "push": "main has the variables already",
    "pull": "main has the variables already",
}


class Subcommands:
    """Runs the subcommands.

    Parameters
    ----------
    parsers : dict of str to LineParser
        The parser of each subcommand; each is run by the method of its name.
    cells : CellRunner
        Runs code, and knows interpreters and jobs.
    router : Router
        What ``use`` changes.
    """

    def __init__(self, parsers: dict[str, LineParser], cells: CellRunner, router: Router) -> None:
        self._parsers = parsers
        self._cells = cells
        self._shell = cells.context.shell
        self._router = router

    def run_line(self, line: str) -> Any:
        """Run the subcommand at the beginning of a line and return its value; an empty line shows the list.

        Raises
        ------
        UsageError
            There is no such subcommand, or something is wrong with its arguments.
        """
        name, _, rest = (line.strip() or "list").partition(" ")
        parser = self._parsers.get(name)
        if parser is None:
            raise UsageError(
                f"%subinterp has no subcommand {name!r}; it has {', '.join(self._parsers)}. A cell starts with "
                "%%subinterp NAME [options] on its first line"
            )
        # Quotes and brackets of an expression are Python's, not a shell's.
        words = rest.split(maxsplit=1) if name == "run" else split(rest)
        handler: Callable[[Namespace], Any] = getattr(self, name)
        return handler(parser.parse_args(["--", *words] if name == "run" else words))

    def list(self, _given: Namespace) -> None:
        """Show all interpreters."""
        display(InterpreterTable(self._router.active))

    def new(self, given: Namespace) -> None:
        """Make an interpreter."""
        names = targets.names_of(",".join(given.names))
        targets.refuse_taken(names)
        for name in names:
            interpreter = self._cells.create(name, given.gil, **creation_options(given))
            failures = given.clone_imports and interpreter.call(bind_modules, variables.imported_modules(self._shell))
            if failures:
                print_note(f"not imported in interpreter {name!r}: {failures}")

    def close(self, given: Namespace) -> None:
        """End interpreters."""
        if not given.names and not given.all:
            raise UsageError("%subinterp close needs more arguments: write %subinterp close NAME..., or --all")
        if given.all:
            self._cells.pools.close_all()
        for word in [word for word in given.names if word.startswith(targets.POOL)]:
            self._cells.pools.close(word.removeprefix(targets.POOL))
            given.names.remove(word)
        if not given.names and not given.all:
            return
        closed = registry.list_all()[1:] if given.all else _existing("close", given.names)
        end_together([worker_of(interpreter) for interpreter in closed])
        for interpreter in closed:
            name = interpreter.name
            if not close_worker(worker_of(interpreter), _CLOSE_TIMEOUT, leave_stuck=True):
                print_note(
                    f"interpreter {name!r} is left behind, because its code does not stop; the name is free. It ends "
                    "by itself if that code returns"
                )
            active = self._router.active.split(",") if self._router.active else []
            if name in active:
                active.remove(name)
                self._set_active(",".join(active) or None)

    def reset(self, given: Namespace) -> None:
        """Clear the namespaces of interpreters."""
        for interpreter in _not_stuck("reset", given.names):
            interpreter.reset()

    def interrupt(self, given: Namespace) -> None:
        """Interrupt interpreters."""
        interpreters = _existing("interrupt", given.names)
        for interpreter in interpreters:
            interpreter.interrupt()
        for interpreter in interpreters:
            if not sees_interrupt(interpreter):
                print_note(explain_interrupt(interpreter.name))

    def run(self, given: Namespace) -> None:
        """Evaluate one expression."""
        self._cells.run(
            _not_stuck("run", [given.name]), CellRequest(given.name, given.expression, CellOptions(group="name"))
        )

    def use(self, given: Namespace) -> None:
        """Choose the interpreters that plain cells run in."""
        if given.names == [MAIN_NAME]:
            self._set_active(None)
            return
        names = targets.names_of(",".join(given.names))
        for name in names:
            targets.refuse_typo(name)
        for name in names:
            self._cells.get_or_create(name)
        self._set_active(",".join(names))

    def push(self, given: Namespace) -> None:
        """Copy variables in."""
        for interpreter in _not_stuck("push", [given.name]):
            variables.push(self._shell, interpreter, _flat(given.variables))

    def pull(self, given: Namespace) -> None:
        """Copy variables out."""
        interpreter, *others = _not_stuck("pull", [given.name])
        if others:
            raise UsageError(
                "%subinterp pull takes one interpreter; `%%subinterp a,b -o x` copies lists out of several"
            )
        variables.pull(self._shell, interpreter, _flat(given.variables))

    def packages(self, given: Namespace) -> None:
        """Show which packages with compiled modules an interpreter has loaded, and how."""
        for interpreter in _not_stuck("packages", [given.name]):
            display(PackageTable(interpreter.call(loaded_extensions)))

    def doctor(self, given: Namespace) -> None:
        """Show which packages work in interpreters, how well, and why not."""
        from subinterp_kernel.notebook.magics import doctor_subcommand

        doctor_subcommand.examine(self._shell, given)

    def pool(self, given: Namespace) -> None:
        """Make a pool of interpreters."""
        pool_subcommands.make_pool(self._shell, self._cells.pools, given)

    def map(self, given: Namespace) -> Any:
        """Call a function for each item, in parallel."""
        return pool_subcommands.map_items(self._shell, self._cells.pools, given)

    def scatter(self, given: Namespace) -> None:
        """Divide sequences and arrays among interpreters."""
        assignments = [parse_assignment(text) for text in given.variables]
        interpreters = [self._cells.get_or_create(name) for name in targets.names_of(given.names)]
        refuse_stuck(interpreters)
        pool_subcommands.scatter(self._shell, interpreters, assignments)

    def gather(self, given: Namespace) -> None:
        """Join parts of sequences and arrays from interpreters."""
        assignments = [parse_assignment(text) for text in given.variables]
        pool_subcommands.gather(self._shell, _not_stuck("gather", [given.names]), assignments)

    def memory(self, _given: Namespace) -> None:
        """Show all shared objects."""
        display(SharedObjectTable())

    def jobs(self, _given: Namespace) -> None:
        """Show the jobs."""
        display(JobTable(self._cells.jobs))

    def wait(self, given: Namespace) -> None:
        """Wait for jobs."""
        try:
            jobs = (
                self._cells.jobs.find(targets.expanded(",".join(given.jobs)))
                if given.jobs
                else self._cells.jobs.unfinished()
            )
        except LookupError as error:
            raise UsageError(str(error.args[0])) from None
        end = None if given.timeout is None else time.monotonic() + given.timeout
        for job in jobs:
            job.wait(None if end is None else max(0.0, end - time.monotonic()))
        left = [str(job.number) for job in jobs if not job.done()]
        if left and given.timeout is not None:  # else the kernel is shutting down
            unit = "second" if given.timeout == 1 else "seconds"
            raise UsageError(f"not done after {given.timeout:g} {unit}: job {', '.join(left)}; it goes on")

    def _set_active(self, name: str | None) -> None:
        self._router.active = name
        if name is None:
            print("plain cells run in the main interpreter again")
        else:
            where = f"interpreters {name}, in all at once," if "," in name else f"interpreter {name!r}"
            print(f"plain cells run in {where} from now on; `%subinterp use {MAIN_NAME}` ends that")


def _existing(subcommand: str, names: Iterable[str]) -> list[Interpreter]:
    if MAIN_NAME in ",".join(names).split(","):
        raise UsageError(f"%subinterp {subcommand} is for other interpreters than main: {_FOR_MAIN[subcommand]}")
    return targets.existing(",".join(names))


def _not_stuck(subcommand: str, names: Iterable[str]) -> list[Interpreter]:
    found = _existing(subcommand, names)
    refuse_stuck(found)
    return found


def _flat(lists: list[list[Assignment]]) -> list[Any]:
    return [assignment for each in lists for assignment in each]
