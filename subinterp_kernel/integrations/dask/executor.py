"""The executor of a Dask worker: threads run Dask's tasks, and a pool of interpreters runs their functions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from distributed import Reschedule
from distributed.threadpoolexecutor import ThreadPoolExecutor

from subinterp_kernel.errors import ExecutionFailed
from subinterp_kernel.interpreters.pool.executor import InterpreterPoolExecutor
from subinterp_kernel.interpreters.pool.futures import TaskFuture

__all__ = ["SubinterpThreadPoolExecutor"]

_STOP_TIMEOUT = 5.0  # seconds for the tasks to end after an interrupt


class SubinterpThreadPoolExecutor(ThreadPoolExecutor):  # type: ignore[misc]
    """Runs Dask's task runner on threads, and what that calls with :meth:`call` in interpreters.

    Dask looks for "ThreadPoolExecutor" in the name of the class: without it, the runner itself would be sent away, and
    each interpreter would import Dask.

    Parameters
    ----------
    nthreads : int
        The number of threads, and of interpreters.
    """

    def __init__(self, nthreads: int) -> None:
        super().__init__(nthreads, thread_name_prefix="subinterp")
        self._nthreads = nthreads
        self._lock = threading.Lock()
        self._pool = self._new_pool()
        self._running: dict[Any, TaskFuture] = {}  # by the key of the task
        self._cancelled: set[Any] = set()  # keys of tasks that were cancelled while they ran
        self._closing = False

    def call(self, key: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of a task in an interpreter, and return its result.

        Raises
        ------
        Reschedule
            The task was interrupted because it was cancelled, or because this executor is shut down. The scheduler
            starts it anew if it is still wanted.
        Exception
            The function raised it.
        """
        try:
            return self._call(key, function, args, kwargs)
        except Exception as error:
            if self._is_interrupted(key):
                raise Reschedule from error
            _add_traceback(error)
            raise error.with_traceback(None)  # noqa: B904 - without the frames of the pool

    def cancel(self, key: Any) -> None:
        """Interrupt a task."""
        with self._lock:
            self._cancelled.add(key)
            future = self._running.get(key)
        if future is not None:
            future.interrupt()

    def forget(self, key: Any) -> None:
        """Remember no longer that a task was cancelled."""
        with self._lock:
            self._cancelled.discard(key)

    def shutdown(self, wait: bool = True, timeout: float | None = _STOP_TIMEOUT) -> None:
        """Interrupt the tasks, end the threads, and close the interpreters."""
        with self._lock:
            self._closing = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool.stop()
        super().shutdown(wait=wait, timeout=timeout)
        # A task that stays in C code keeps its thread, and would keep this one.
        self._pool.shutdown(wait=wait and not self._running)

    def _call(self, key: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        future = self._usable_pool().submit(function, *args, **kwargs)
        with self._lock:
            self._running[key] = future
        try:
            if self._is_interrupted(key):  # since before it could be found
                future.interrupt()
            return future.result()
        finally:
            with self._lock:
                del self._running[key]

    def _is_interrupted(self, key: Any) -> bool:
        return self._closing or key in self._cancelled

    def _usable_pool(self) -> InterpreterPoolExecutor:
        with self._lock:
            if self._pool.broken and not self._closing:
                self._pool = self._new_pool()
            return self._pool

    def _new_pool(self) -> InterpreterPoolExecutor:
        return InterpreterPoolExecutor(self._nthreads, thread_name_prefix="dask")


def _add_traceback(error: Exception) -> None:
    """Add the traceback in the interpreter as a note: Dask sends notes to the client, but not causes."""
    if isinstance(error.__cause__, ExecutionFailed) and error.__cause__.excinfo.errdisplay:
        error.add_note(f"\nIn the interpreter:\n{error.__cause__.excinfo.errdisplay.rstrip()}")
