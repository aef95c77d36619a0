"""The results of a map, in the order of its arguments."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, Self

from subinterp_kernel.interpreters.pool import replies

if TYPE_CHECKING:
    from subinterp_kernel.bindings._task_pool import Task
    from subinterp_kernel.interpreters.pool.engine import Engine
    from subinterp_kernel.interpreters.pool.function_table import PooledFunction

__all__ = ["MapResults"]


class MapResults(Iterator[Any]):
    """Yields the results of one call of :meth:`InterpreterPoolExecutor.map`; made by that.

    Tasks are queued as the arguments come, all of them, or as many as `buffersize` before their results are taken.
    When the iteration ends early, tasks that wait are withdrawn; an interrupt (Stop, Ctrl-C) while it waits stops those
    that run, too.

    Parameters
    ----------
    engine : Engine
        The pool's.
    function : PooledFunction
        What is called; released at the end.
    arguments : iterator of tuple
        One tuple for each task.
    buffersize : int or None
        The number of tasks whose results have not been taken; None: all tasks.
    timeout : float or None
        Seconds from now after which a result is waited for no longer.
    chunked : bool
        Each task returns a list of results.
    """

    def __init__(  # noqa: PLR0913 - made in one place only
        self,
        engine: Engine,
        function: PooledFunction,
        arguments: Iterator[tuple[Any, ...]],
        *,
        buffersize: int | None,
        timeout: float | None,
        chunked: bool,
    ) -> None:
        self._engine = engine
        self._function: PooledFunction | None = function
        self._arguments: Iterator[tuple[Any, ...]] | None = arguments
        self._end = None if timeout is None else time.monotonic() + timeout
        self._chunked = chunked
        self._chunk: Iterator[Any] = iter(())
        self._tasks: deque[Task] = deque()
        self._condition = threading.Condition()
        self._awaited: Task | None = None
        self._error: Exception | None = None
        try:
            self._post(buffersize)
        except BaseException as error:
            self._stop(interrupt=isinstance(error, KeyboardInterrupt))
            raise

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        for result in self._chunk:
            return result
        try:
            result = self._take()
        except BaseException as error:
            self._stop(interrupt=isinstance(error, KeyboardInterrupt))
            raise
        if not self._chunked:
            return result
        self._chunk = iter(result)
        return next(self)

    def __del__(self) -> None:
        self.close()

    def __len__(self) -> int:
        """Return the number of tasks whose results have not been taken."""
        return len(self._tasks)

    def close(self) -> None:
        """Withdraw the tasks that no interpreter has taken yet."""
        if getattr(self, "_function", None) is not None:
            self._stop(interrupt=False)

    def arrived(self, task: Task) -> None:
        """Wake the thread that waits for this result; the pool calls this when a reply is there."""
        if task is self._awaited:
            with self._condition:
                self._awaited = None
                self._condition.notify_all()

    def failed(self, error: Exception) -> None:
        """End the iteration with an exception, because tasks will never run."""
        with self._condition:
            self._error = error
            self._condition.notify_all()

    def cancel_withdrawn(self) -> None:
        """End the iteration, because its tasks were withdrawn."""
        self.failed(CancelledError())

    def _take(self) -> Any:
        if not self._tasks:
            raise StopIteration
        task = self._tasks[0]
        if not task.finishes_soon():
            self._wait_for(task)
        self._tasks.popleft()
        self._post(1)
        return replies.decode(task)

    def _wait_for(self, task: Task) -> None:
        with self._condition:
            self._awaited = task
            while self._awaited is task and not task.finished():
                if self._error is not None:
                    raise self._error
                left = None if self._end is None else self._end - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError
                self._condition.wait(left)

    def _post(self, count: int | None) -> None:
        """Queue that many more tasks, or all."""
        if self._arguments is None or self._function is None:
            return
        post, function, tasks = self._engine.post, self._function, self._tasks
        for args in self._arguments:
            tasks.append(post(function, args, None, self))
            if count is not None:
                count -= 1
                if count <= 0:
                    return
        self._arguments = None

    def _stop(self, *, interrupt: bool) -> None:
        tasks, self._tasks = self._tasks, deque()
        function, self._function = self._function, None
        self._arguments = None
        self._chunk = iter(())
        for task in reversed(tasks):  # those that wait first: else a task that ends makes room for one of them
            if not self._engine.withdraw(task) and interrupt:
                task.stop()
        if function is not None:
            self._engine.release(function)
