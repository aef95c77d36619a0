"""The pools that are compared, behind one interface."""

from __future__ import annotations

import functools
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing import get_context
from typing import Any, Protocol

from comparison.failure import one_line

__all__ = ["ALL", "NAMES", "OURS", "SEQUENTIAL", "WORKERS", "Pool", "failures", "open_pool", "open_pools"]

WORKERS = 2

OURS = "ours"
STDLIB = "stdlib interpreters"
SPAWN, FORKSERVER, THREADS = "processes (spawn)", "processes (forkserver)", "threads"
IPYPARALLEL, LOKY = "ipyparallel", "joblib (loky)"
SEQUENTIAL = "sequential"  # no pool
ALL = (OURS, STDLIB, SPAWN, FORKSERVER, THREADS, IPYPARALLEL, LOKY)

_PATIENCE = 60  # seconds for the engines of ipyparallel to start


class Pool(Protocol):
    """What all of them can do."""

    def call(self, function: Callable[[Any], Any], item: Any) -> Any:
        """Submit one task, and wait for its result."""

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        """Call the function for each item; without a size, the pool chooses how many cross together."""


class ExecutorPool:
    """A pool of ``concurrent.futures``."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def call(self, function: Callable[[Any], Any], item: Any) -> Any:
        return self._executor.submit(function, item).result()

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        options = {} if chunksize is None else {"chunksize": chunksize}
        return list(self._executor.map(function, items, **options))


class JoblibPool:
    """``joblib.Parallel`` with its usual backend; one task is a list of one."""

    def __init__(self, parallel: Any) -> None:
        self._parallel = parallel

    def call(self, function: Callable[[Any], Any], item: Any) -> Any:
        return self.map(function, [item])[0]

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        from joblib import delayed

        self._parallel.batch_size = chunksize or "auto"
        results: list[Any] = self._parallel(delayed(function)(item) for item in items)
        return results


class IpyparallelPool:
    """The engines of a cluster on this machine, through a load-balanced view."""

    def __init__(self, view: Any) -> None:
        self._view = view

    def call(self, function: Callable[[Any], Any], item: Any) -> Any:
        return self._view.apply_sync(function, item)

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        return list(self._view.map_sync(function, list(items), chunksize=chunksize or 1))


@contextmanager
def _executor(make: Callable[[int], Executor], workers: int) -> Iterator[Pool]:
    with make(workers) as executor:
        yield ExecutorPool(executor)


def _ours(workers: int) -> Executor:
    import subinterp_kernel

    return subinterp_kernel.InterpreterPoolExecutor(workers)


def _stdlib(workers: int) -> Executor:
    from concurrent.futures import InterpreterPoolExecutor

    return InterpreterPoolExecutor(workers)


@contextmanager
def _joblib(workers: int) -> Iterator[Pool]:
    from joblib import Parallel
    from joblib.externals.loky import get_reusable_executor

    with Parallel(n_jobs=workers, backend="loky") as parallel:
        yield JoblibPool(parallel)
    get_reusable_executor().shutdown(wait=True)


@contextmanager
def _ipyparallel(workers: int) -> Iterator[Pool]:
    import ipyparallel

    cluster = ipyparallel.Cluster(n=workers, engine_timeout=_PATIENCE, log_level=logging.ERROR)
    try:
        with cluster.start_and_connect_sync(activate=False) as client:
            client.wait_for_engines(workers, timeout=_PATIENCE, interactive=False)
            yield IpyparallelPool(client.load_balanced_view())
    finally:
        cluster.stop_cluster_sync()


def _available() -> dict[str, Callable[[int], AbstractContextManager[Pool]]]:
    found: dict[str, Callable[[int], AbstractContextManager[Pool]]] = {OURS: functools.partial(_executor, _ours)}
    if sys.version_info >= (3, 14):
        found[STDLIB] = functools.partial(_executor, _stdlib)
    for name, method in ((SPAWN, "spawn"), (FORKSERVER, "forkserver")):
        make = functools.partial(ProcessPoolExecutor, mp_context=get_context(method))
        found[name] = functools.partial(_executor, make)
    found[THREADS] = functools.partial(_executor, ThreadPoolExecutor)
    others = ((IPYPARALLEL, "ipyparallel", _ipyparallel), (LOKY, "joblib", _joblib))
    installed = {name: opened for name, package, opened in others if importlib.util.find_spec(package) is not None}
    return found | installed


_POOLS = _available()
NAMES = list(_POOLS)


def open_pool(name: str, workers: int = WORKERS) -> AbstractContextManager[Pool]:
    """Make a pool, which ends with the ``with`` block."""
    return _POOLS[name](workers)


@contextmanager
def open_pools() -> Iterator[dict[str, Pool]]:
    """Make one pool of each kind; they stay idle while others are measured."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(open_pool(name)) for name in NAMES}


def failures(pools: Mapping[str, Pool], function: Callable[[Any], Any], item: Any) -> dict[str, str]:
    """Call the function in both workers of each pool; return the errors of those that cannot run it."""
    found = {}
    for name, pool in pools.items():
        try:
            pool.map(function, [item] * WORKERS)
        except Exception as error:  # noqa: BLE001
            found[name] = one_line(error)
    return found
