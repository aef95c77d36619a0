"""The plugin that gives each worker of a Dask cluster the executor ``"subinterp"``."""

from __future__ import annotations

import asyncio
from typing import Any

from distributed import WorkerPlugin

from subinterp_kernel.integrations.dask.executor import SubinterpThreadPoolExecutor
from subinterp_kernel.integrations.dask.tasks import in_interpreters

__all__ = ["InterpreterPlugin"]

_EXECUTOR = "subinterp"


class InterpreterPlugin(WorkerPlugin):  # type: ignore[misc]
    """Lets each worker of a Dask cluster run tasks in interpreters of its process, each with a GIL of its own.

    Parameters
    ----------
    nthreads : int, optional
        The number of interpreters of each worker at most; by default the worker's number of threads. Dask runs no more
        tasks at once than the worker has threads, so a larger number has no effect.

    Raises
    ------
    ValueError
        `nthreads` is less than 1.

    Notes
    -----
    ``client.register_plugin(InterpreterPlugin())`` adds the executor to the workers that run and to those that start
    later. It runs the tasks with the annotation ``executor="subinterp"``; other tasks run on threads as before. The
    package must be installed where the scheduler and the workers run.

    The functions of a task run in an interpreter; Dask itself stays in the main interpreter. Arguments and results are
    copied; shared objects and NumPy arrays in shared memory are passed by reference, also from one task of a worker to
    the next. Exceptions arrive as themselves, with the traceback as a note. A task whose future is cancelled is
    interrupted. Coroutine functions run on the worker's event loop, as always.

    Examples
    --------
    >>> import dask
    >>> from distributed import Client
    >>> from subinterp_kernel.integrations.dask import InterpreterPlugin
    >>> client = Client("tcp://scheduler:8786")  # doctest: +SKIP
    >>> client.register_plugin(InterpreterPlugin())  # doctest: +SKIP
    >>> with dask.annotate(executor="subinterp"):
    ...     client.submit(pow, 2, 10).result()  # doctest: +SKIP
    1024
    """

    name = "subinterp"

    def __init__(self, nthreads: int | None = None) -> None:
        if nthreads is not None and nthreads < 1:
            raise ValueError(f"nthreads must be None or at least 1, not {nthreads}")
        self.nthreads = nthreads

    def setup(self, worker: Any) -> None:
        """Add the executor to a worker."""
        self._worker = worker
        self._executor = SubinterpThreadPoolExecutor(self.nthreads or worker.state.nthreads)
        worker.executors[_EXECUTOR] = self._executor

    async def teardown(self, worker: Any) -> None:
        """Remove the executor from a worker, interrupt its tasks, and close its interpreters."""
        del worker.executors[_EXECUTOR]
        await asyncio.to_thread(self._executor.shutdown)

    def transition(self, key: Any, start: str, finish: str, **_details: Any) -> None:
        """Follow a task: redirect its functions before it starts, and interrupt it when it is cancelled."""
        if finish == "forgotten":
            self._executor.forget(key)
            return
        task = self._worker.state.tasks[key]
        if (task.annotations or {}).get("executor") != _EXECUTOR:
            return
        if start == "executing" and task.state == "cancelled":  # it was to be released while it runs
            self._executor.cancel(key)
        elif finish == "executing" and start != "cancelled":  # else it is wanted again while it ends
            self._executor.forget(key)
            task.run_spec = in_interpreters(task.run_spec, self._executor)
