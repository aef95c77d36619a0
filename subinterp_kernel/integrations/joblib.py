"""The joblib backend ``"subinterp"``: importing this module registers it.

scikit-learn and other users of joblib then run their tasks in a pool of interpreters of this process.

Examples
--------
>>> import joblib
>>> import subinterp_kernel.integrations.joblib
>>> with joblib.parallel_config("subinterp", n_jobs=2):
...     joblib.Parallel()(joblib.delayed(pow)(n, 2) for n in range(5))
[0, 1, 4, 9, 16]
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from joblib import register_parallel_backend
from joblib.parallel import AutoBatchingMixin, ParallelBackendBase, SequentialBackend

from subinterp_kernel.interpreters.pool.executor import InterpreterPoolExecutor
from subinterp_kernel.messaging import outbox
from subinterp_kernel.shared import array_numpy

__all__ = ["SubinterpBackend", "close"]

_MAX_BYTES = 1 << 20  # of an array that crosses with each task, as in joblib's other backends

_pool: InterpreterPoolExecutor | None = None


class SubinterpBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]
    """Runs the tasks of ``joblib.Parallel`` in interpreters, which are kept for the next call.

    Notes
    -----
    Arrays of more than 1 MiB cross once for each call of ``Parallel``, in shared memory, and are read-only in the
    tasks. Parallel calls within tasks run one after the other. In a sub-interpreter, all tasks run there.
    """

    supports_retrieve_callback = True

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many tasks run at once; negative numbers count down from the number of processors."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 has no meaning: write the number of interpreters, or -1 for all processors")
        if n_jobs is None or outbox.current() is not None:
            return 1
        return n_jobs if n_jobs > 0 else max((os.process_cpu_count() or 1) + 1 + n_jobs, 1)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_options: Any) -> int:
        """Prepare a call of ``Parallel`` and return how many tasks run at once."""
        count = self.effective_n_jobs(n_jobs)
        if count == 1:
            from joblib._parallel_backends import FallbackToBackend

            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self._pool = _pool_of(count)
        self._shared: dict[int, tuple[Any, Any]] = {}  # by id: the array, and its copy in shared memory
        self.parallel = parallel
        return count

    def submit(self, func: Any, callback: Callable[[Future[Any]], None] | None = None) -> Future[Any]:
        """Queue a batch of calls."""
        func.items = [self._with_shared_arrays(*call) for call in func.items]
        future = self._pool.submit(operator.call, func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, future: Future[Any]) -> Any:
        """Return the results of a batch."""
        return future.result()

    def terminate(self) -> None:
        """End a call of ``Parallel``; the interpreters stay."""
        self._shared.clear()
        self.reset_batch_stats()

    def abort_everything(self, ensure_ready: bool = True) -> None:  # noqa: ARG002 - the pool stays ready
        """Cancel what waits, and interrupt what runs."""
        self._pool.stop()

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """Return the backend for calls of ``Parallel`` within tasks."""
        return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None

    def _with_shared_arrays(
        self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        shared = {name: self._in_shared_memory(value) for name, value in kwargs.items()}
        return function, tuple(map(self._in_shared_memory, args)), shared

    def _in_shared_memory(self, value: Any) -> Any:
        if not array_numpy.is_array(value) or value.dtype.hasobject or value.nbytes <= _MAX_BYTES:
            return value
        _, copy = self._shared.get(id(value)) or (None, None)
        if copy is None:
            copy = array_numpy.in_shared_memory(value).view()
            copy.flags.writeable = False
            self._shared[id(value)] = value, copy
        return copy


def close() -> None:
    """End the interpreters that were kept for the next call of ``Parallel``."""
    global _pool
    if _pool is not None:
        _pool.shutdown(cancel_futures=True)
        _pool = None


def _pool_of(count: int) -> InterpreterPoolExecutor:
    global _pool
    if _pool is None or _pool.broken or _pool.max_workers != count:
        close()
        _pool = InterpreterPoolExecutor(count, thread_name_prefix="joblib")
    return _pool


register_parallel_backend("subinterp", SubinterpBackend)
