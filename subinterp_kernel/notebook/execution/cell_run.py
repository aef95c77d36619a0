"""One cell in one interpreter, or in several at once: prepared, run, and what it returns."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator
from typing import Any

from subinterp_kernel.errors import InterpreterError, NotShareableError
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.messaging.cells import CellOutcome, ExecuteCell
from subinterp_kernel.messaging.event_reader import Sink
from subinterp_kernel.notebook import stuck
from subinterp_kernel.notebook.context import NotebookContext
from subinterp_kernel.notebook.errors import CompositeError, exception_of
from subinterp_kernel.notebook.execution import variables
from subinterp_kernel.notebook.execution.cell_request import CellRequest
from subinterp_kernel.notebook.execution.target_run import TargetRun
from subinterp_kernel.notebook.output.grouping import GroupedOutput, WhileRunning
from subinterp_kernel.shared import serialization

__all__ = ["SHUTDOWN_POLL", "CellRun"]

SHUTDOWN_POLL = 0.2  # seconds between checks whether the kernel is shutting down


class CellRun:
    """A cell on its way through its targets.

    Parameters
    ----------
    context : NotebookContext
        The shell that the variables come from and go to, and how to wait.
    interpreters : list of Interpreter
        The targets. In several, ``rank`` and ``size`` are defined.
    request : CellRequest
        The code and the options.
    show : callable
        The sink that shows events.
    while_running : str
        What to show of several targets before the end; one of
        :data:`subinterp_kernel.notebook.output.grouping.WhileRunning`.

    Attributes
    ----------
    targets : list of TargetRun
        One for each interpreter.

    Raises
    ------
    UsageError
        The notebook has no variable of a name that is to be copied in.
    NotShareableError
        A variable cannot cross; the message names it. Nothing has run.
    InterpreterError
        A target is the main interpreter.
    """

    def __init__(
        self,
        context: NotebookContext,
        interpreters: list[Interpreter],
        request: CellRequest,
        show: Sink,
        while_running: WhileRunning,
    ) -> None:
        self._context = context
        names = [interpreter.name for interpreter in interpreters]
        self._output = GroupedOutput(show, names, request.options.group, while_running, context.scheduler)
        self._several = len(interpreters) > 1
        self._explain_at: float | None = None  # when to tell why the cell goes on after Stop
        inputs = variables.collect(context.shell, request.options.inputs)
        self.targets: list[TargetRun] = []
        for rank, (interpreter, sink) in enumerate(zip(interpreters, self._output.sinks, strict=True)):
            own = {"rank": rank, "size": len(interpreters)} if self._several else {}
            data, pins = serialization.dumps_variables({**own, **inputs}) if own or inputs else (b"", [])
            cell = self._cell_for(interpreter, request, data)
            limit = request.options.timeout
            self.targets.append(TargetRun(interpreter, cell, pins, sink, scheduler=context.scheduler, time_limit=limit))

    def _cell_for(self, interpreter: Interpreter, request: CellRequest, data: bytes) -> ExecuteCell:
        shell, options = self._context.shell, request.options
        return ExecuteCell(
            interpreter.name,
            variables.encodable(request.body),
            shell.displayhook.prompt_count,
            shell.colors,
            fresh=options.fresh,
            imports=variables.imported_modules(shell) if options.clone_imports else {},
            variables=data,
            outputs=tuple(options.outputs),
            allow_stdin=not options.background,
            return_value=options.background,
            checks_await_twice=hasattr(shell, "kernel"),
        )

    @property
    def names(self) -> list[str]:
        """The names of the targets, in the order of the ranks."""
        return [target.interpreter.name for target in self.targets]

    def backlog(self) -> dict[str, int]:
        """Return how many requests run or wait before the cell, by the name of each busy target."""
        counts = {target.interpreter.name: target.interpreter.backlog for target in self.targets}
        return {name: count for name, count in counts.items() if count}

    @contextlib.contextmanager
    def subscribed(self) -> Iterator[None]:
        """Show the output of the cell while the context lasts."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._output.finish)
            for target in self.targets:
                stack.callback(target.unsubscribe)  # first, because a Stop may come between the two
                target.subscribe()
            yield

    def run(self) -> None:
        """Send the cell, wait until it has ended and its output is shown, and bind the variables that it returns.

        Raises
        ------
        CellError
            The cell raised an exception: a subclass named after its class, or a CompositeError of several.
        ClosedError
            A target is closed.
        InterpreterError
            Stop was pressed twice, and the cell goes on; or the kernel is shutting down.
        """
        with self.subscribed():
            self._wait()
        with self.ended():
            error = self.error()
            if error is not None:
                raise error from None
            self._context.shell.push(self.load_outputs())

    def stuck(self) -> list[str]:
        """Return the names of the targets where the cell runs and does not see an interrupt."""
        running = [target.interpreter for target in self.targets if target.posted and not target.done()]
        return [interpreter.name for interpreter in running if stuck.is_stuck(interpreter)]

    def stop(self) -> None:
        """Withdraw the cell where it is still queued, and raise KeyboardInterrupt where it runs."""
        for target in self.targets:
            if target.posted and not target.done():
                target.stop()

    # ------------------------------------------------------------------------------------------- after it has ended

    @functools.cached_property
    def outcomes(self) -> list[CellOutcome]:
        """How the cell ended in each target."""
        return [target.outcome() for target in self.targets]

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """Keep the shared objects in the replies alive while the context lasts."""
        try:
            yield
        finally:
            for target in self.targets:
                target.release()

    def error(self) -> Exception | None:
        """Return the exception of the cell: of several targets, a CompositeError."""
        errors = {
            name: exception_of(variables.known_in_main(self._context.shell, outcome.error, name), name)
            for name, outcome in zip(self.names, self.outcomes, strict=True)
            if outcome.error is not None
        }
        if not errors:
            return None
        return CompositeError(errors, len(self.targets)) if self._several else next(iter(errors.values()))

    def load_outputs(self) -> dict[str, Any]:
        """Return the variables that a cell without errors returns; of several targets, lists in the order of ranks."""
        found = [outcome.load_outputs() for outcome in self.outcomes]
        return {target: [each[target] for each in found] for target in found[0]} if self._several else found[0]

    def load_value(self) -> Any:
        """Return the value of the last expression; of several targets, a list in the order of ranks.

        Raises
        ------
        NotShareableError
            The value cannot cross.
        """
        for outcome in self.outcomes:
            if outcome.value_problem:
                raise NotShareableError(outcome.value_problem)
        values = [outcome.load_value() for outcome in self.outcomes]
        return values if self._several else values[0]

    # ------------------------------------------------------------------------------------------------------ waiting

    def _wait(self) -> None:
        interrupted = False
        with self._context.while_waiting():
            while True:
                try:
                    self._post_and_wait()
                except KeyboardInterrupt:
                    self.targets = [target for target in self.targets if target.posted]
                    if not self.targets:
                        raise
                    if interrupted:
                        self._raise_if_stuck()
                    self.stop()
                    interrupted = True
                    self._explain_at = time.monotonic() + stuck.EXPLAIN_AFTER
                else:
                    return

    def _post_and_wait(self) -> None:
        for target in self.targets:
            if not target.posted:
                target.post()
        for target in self.targets:
            while not target.wait(SHUTDOWN_POLL):
                for each in self.targets:
                    each.stdin.answer_all()
                if self._context.shutting_down.is_set():
                    name = target.interpreter.name
                    raise InterpreterError(f"the kernel shut down while interpreter {name!r} ran the cell")
                self._explain_once()
            target.wait_shown()

    def _explain_once(self) -> None:
        if self._explain_at is not None and time.monotonic() >= self._explain_at:
            self._explain_at = None
            for target in self.targets:
                if not target.done():
                    print(stuck.explain_cell(target.interpreter), flush=True)

    def _raise_if_stuck(self) -> None:
        names = ", ".join(target.interpreter.name for target in self.targets if not target.done())
        if names:
            raise InterpreterError(
                f"the cell does not react to Stop and goes on in {names}. `%subinterp close {names}` leaves it behind "
                "and frees the name"
            ) from None
