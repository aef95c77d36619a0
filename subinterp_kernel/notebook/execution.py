"""One cell in one interpreter, or in several at once: made ready, run or started, and what comes out of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel import protocol, transfer
from subinterp_kernel.channel import Sink
from subinterp_kernel.errors import NotShareableError
from subinterp_kernel.interpreter import Interpreter
from subinterp_kernel.notebook import variables
from subinterp_kernel.notebook.cells import CellRun, Outcome, encodable, wait_for
from subinterp_kernel.notebook.several import CompositeError, Presentation

__all__ = ["Execution", "Settings"]


class Settings(NamedTuple):
    """How a cell is run.

    Attributes
    ----------
    inputs, outputs : list of (str, str)
        Variables that are copied in before, and out afterwards: target and source.
    fresh : bool
        Clear the namespace first.
    group : str
        How the outputs of several interpreters are grouped; one of :data:`several.GROUPS`.
    time_limit : float or None
        Seconds after which it is interrupted.
    background : bool
        Nobody waits for it: it cannot ask, and its last expression's value is kept.
    imports : dict of str to str
        Modules to import first, by the names of the variables that get them.
    """

    inputs: list[variables.Assignment] = []  # noqa: RUF012 - never changed
    outputs: list[variables.Assignment] = []  # noqa: RUF012 - never changed
    fresh: bool = False
    group: str = "name"
    time_limit: float | None = None
    background: bool = False
    imports: dict[str, str] = {}  # noqa: RUF012 - never changed


class Execution:
    """A cell on its way through one interpreter, or several.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's.
    interpreters : list of Interpreter
        Where it runs; in several, ``rank`` and ``size`` are defined.
    code : str
        The cell's body.
    settings : Settings
        How to run it.
    relay : callable
        The sink that shows what comes out.

    Raises
    ------
    UsageError
        The notebook has not got a variable that shall go in.
    NotShareableError
        One cannot cross; the sentence names it. Nothing has run.
    InterpreterError
        One of the interpreters is the main one.
    """

    def __init__(
        self, shell: InteractiveShell, interpreters: list[Interpreter], code: str, settings: Settings, relay: Sink
    ) -> None:
        self._shell = shell
        self._presentation = Presentation(relay, [interpreter.name for interpreter in interpreters], settings.group)
        self._several = len(interpreters) > 1
        inputs = variables.collect(shell, settings.inputs)
        order = protocol.CellOrder(
            encodable(code),
            shell.displayhook.prompt_count,
            shell.colors,
            settings.fresh,
            settings.imports,
            outputs=tuple(settings.outputs),
            background=settings.background,
        )
        self.runs: list[CellRun] = []
        for rank, (interpreter, sink) in enumerate(zip(interpreters, self._presentation.sinks, strict=True)):
            own = {"rank": rank, "size": len(interpreters)} if self._several else {}
            data, pins = transfer.dumps_variables({**own, **inputs}) if own or inputs else (b"", [])
            self.runs.append(
                CellRun(interpreter, order._replace(variables=data), pins, sink, time_limit=settings.time_limit)
            )

    @property
    def names(self) -> list[str]:
        """The interpreters' names, in the order of the ranks."""
        return [run.interpreter.name for run in self.runs]

    def backlog(self) -> dict[str, int]:
        """Return how much work is before the cell, by the name of each interpreter that is busy."""
        counts = {run.interpreter.name: run.interpreter._live().backlog() for run in self.runs}
        return {name: count for name, count in counts.items() if count}

    @contextlib.contextmanager
    def attached(self) -> Iterator[None]:
        """While the context lasts, what the cell emits is shown."""
        with contextlib.ExitStack() as stack:
            for run in self.runs:
                stack.enter_context(run)
            try:
                yield
            finally:
                self._presentation.finish()

    def run(self) -> None:
        """Run the cell and wait until it has ended and everything is shown; then take its outputs.

        Raises
        ------
        CellError
            The cell raised; a subclass named after the original class, or a CompositeError of several.
        ClosedError, InterpreterError
            As for :func:`subinterp_kernel.notebook.cells.wait_for`.
        """
        with self.attached():
            wait_for(self._shell, self.runs)
        outcome = self.outcome()
        if outcome.error is not None:
            raise outcome.error from None
        self._shell.push(outcome.outputs)

    def outcome(self) -> Outcome:
        """Return what has become of the cell, which has ended; of several, lists in the order of the ranks."""
        found = [run.outcome() for run in self.runs]
        return _together(self.names, found) if self._several else found[0]


def _together(names: list[str], found: list[Outcome]) -> Outcome:
    errors = {name: each.error for name, each in zip(names, found, strict=True) if each.error is not None}
    if errors:
        return Outcome(CompositeError(errors, len(names)))
    outputs: dict[str, Any] = {target: [each.outputs[target] for each in found] for target in found[0].outputs}
    problem: NotShareableError | None = next((each.value_error for each in found if each.value_error), None)
    return Outcome(None, outputs, [each.value for each in found], problem)
