"""The future of one task."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from subinterp_kernel.interpreters.pool import replies

if TYPE_CHECKING:
    from subinterp_kernel.bindings._task_pool import Task
    from subinterp_kernel.interpreters.pool.engine import Engine

__all__ = ["TaskFuture"]


class TaskFuture(Future[Any]):
    """A ``concurrent.futures.Future`` whose task can be interrupted. Made by :meth:`InterpreterPoolExecutor.submit`.

    Notes
    -----
    Thread-safe. Done-callbacks run on the thread that collects the pool's results, as with a ``ProcessPoolExecutor``,
    or on one that waits for this result.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.InterpreterPoolExecutor(1) as pool:
    ...     pool.submit(pow, 2, 10).result()
    1024
    """

    _engine: Engine
    _task: Task

    def cancel(self) -> bool:
        """Cancel the task if no interpreter has taken it yet; return whether it is cancelled."""
        if self.done():
            return self.cancelled()
        if not self._engine.withdraw(self._task):
            return self.cancelled()
        self.cancel_withdrawn()
        return True

    def cancel_withdrawn(self) -> None:
        """Mark the future as cancelled; its task was withdrawn."""
        if super().cancel():
            self.set_running_or_notify_cancel()  # tells as_completed() and wait()

    def running(self) -> bool:
        """Return whether an interpreter runs the task now."""
        return not self.done() and self._task.taken()

    def result(self, timeout: float | None = None) -> Any:
        """Return the result, or raise the exception of the task, as ``concurrent.futures.Future.result`` does."""
        self._collect_if_soon()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return the exception of the task, or None, as ``concurrent.futures.Future.exception`` does."""
        self._collect_if_soon()
        return super().exception(timeout)

    def _collect_if_soon(self) -> None:
        """Collect the result here, without a change of threads, if it is there or comes at once."""
        if not self.done() and self._task.finishes_soon():
            self._engine.deliver(self._task.id)

    def interrupt(self) -> bool:
        """Raise KeyboardInterrupt in the task if it runs, or cancel it; return whether it was cancelled.

        An interrupted task ends with :class:`ExecutionFailed` unless its code handles the interrupt.
        """
        if self.cancel():
            return True
        self._task.stop()
        return False

    def arrived(self, task: Task) -> None:
        """Set the result; the pool calls this when the reply is there."""
        try:
            result = replies.decode(task)
        except BaseException as error:  # noqa: BLE001 - unpickling runs user code, which may raise anything
            self.set_exception(error)
        else:
            self.set_result(result)

    def failed(self, error: Exception) -> None:
        """Set an exception, because the task will never run."""
        self.set_exception(error)
