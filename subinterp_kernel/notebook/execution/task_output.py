"""Tasks of pools and the cells that submitted them: where their output goes, and what Stop ends."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.interpreters.pool import executor, output
from subinterp_kernel.messaging import event_reader
from subinterp_kernel.notebook.output.relay import Relay, parent_of

__all__ = ["TaskOutput"]


class TaskOutput:
    """Shows the output of tasks in the cell that submitted them.

    Parameters
    ----------
    shell : InteractiveShell
        The shell that runs the cells.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._cell: str | None = None  # the latest cell that submitted tasks
        self._output = 0
        output.set_provider(self._current)

    def _current(self) -> int:
        cell = self._current_cell()
        if cell != self._cell:
            self._output = event_reader.subscribe_output(Relay(self._shell))
            self._cell = cell
        return self._output

    def _current_cell(self) -> str:
        parent = parent_of(self._shell)
        if parent:
            return str(parent.get("header", {}).get("msg_id", ""))
        return str(self._shell.execution_count)

    def stop(self) -> None:
        """Cancel the tasks of the latest cell that submitted any and wait, and interrupt those that run."""
        if self._cell == self._current_cell():
            executor.stop_all(self._output)

    def remove(self) -> None:
        """Let ``sys.stdout`` show the output of tasks again."""
        output.set_provider(None)
