"""The executor of the package: ``concurrent.futures.InterpreterPoolExecutor`` and more."""

from __future__ import annotations

import functools
import itertools
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.names import check_name
from subinterp_kernel.interpreters.pool.calls import call_each
from subinterp_kernel.interpreters.pool.constants import with_constants
from subinterp_kernel.interpreters.pool.engine import Engine
from subinterp_kernel.interpreters.pool.futures import TaskFuture
from subinterp_kernel.interpreters.pool.map_results import MapResults
from subinterp_kernel.messaging import outbox
from subinterp_kernel.shared import serialization

__all__ = ["InterpreterPoolExecutor"]

_numbers = itertools.count(1)
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_registered = False


class InterpreterPoolExecutor(Executor):
    """Runs calls in a pool of interpreters, each with a GIL of its own, in this process.

    Parameters
    ----------
    max_workers : int, optional
        How many interpreters are started at most, each when a task finds none that is free. By default as many as the
        process may use processors.
    thread_name_prefix : str, optional
        The interpreters are named ``PREFIX_0``, ``PREFIX_1`` and so on. By default ``pool-1``, ``pool-2`` ….
    initializer : callable, optional
        Called once in each interpreter, before its first task.
    initargs : tuple
        The arguments of `initializer`.

    Raises
    ------
    ValueError
        `max_workers` is less than 1.
    TypeError
        `initializer` is not callable.
    NotShareableError
        `initializer` or its arguments cannot be pickled.
    InterpreterError
        This is not the main interpreter.

    Notes
    -----
    The interface is that of ``concurrent.futures.InterpreterPoolExecutor`` of CPython 3.14. Functions, closures,
    methods and classes that were typed in a notebook or a script work, too, with the modules and variables that they
    use. Exceptions arrive as themselves; their cause is an :class:`ExecutionFailed` with the traceback. What tasks
    print appears in the cell that submitted them. Arguments and results are copied; shared objects cross by reference.
    Thread-safe.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.InterpreterPoolExecutor() as pool:
    ...     list(pool.map(pow, range(5), [2] * 5))
    [0, 1, 4, 9, 16]
    """

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if outbox.current() is not None:
            raise InterpreterError(
                "an InterpreterPoolExecutor can be made in the main interpreter only: submit these tasks from there, "
                "or call the function here"
            )
        if max_workers is None:
            max_workers = os.process_cpu_count() or 1
        if max_workers < 1:
            raise ValueError(f"max_workers must be greater than 0, not {max_workers}")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        prefix = thread_name_prefix or f"pool-{next(_numbers)}"
        check_name(prefix)
        call = None
        if initializer is not None:
            call = serialization.dumps((initializer, tuple(initargs), {}), "the call of the initializer")
        self._engine = Engine(max_workers, prefix, call)
        _track(self._engine)
        weakref.finalize(self, self._engine.shut_down, wait=False, cancel=False).atexit = False

    def __repr__(self) -> str:
        engine = self._engine
        return f"<InterpreterPoolExecutor of {engine.max_workers} interpreters, {engine.outstanding} tasks>"

    @property
    def max_workers(self) -> int:
        """The number of interpreters that it starts at most."""
        return self._engine.max_workers

    @property
    def broken(self) -> bool:
        """Whether one of its interpreters has ended, or the initializer has failed."""
        return self._engine.broken

    @property
    def interpreters(self) -> list[Interpreter]:
        """The interpreters that were started so far."""
        return self._engine.workers

    def start(self) -> None:
        """Start all interpreters now, without waiting until they are up, instead of each when it is needed."""
        self._engine.start_all()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> TaskFuture:
        """Call a function in the first free interpreter.

        Parameters
        ----------
        fn : callable
            The function. It is sent to each interpreter once, as long as it and the variables that it uses stay equal.
        *args, **kwargs
            Its arguments, which are copied.

        Returns
        -------
        TaskFuture
            A ``concurrent.futures.Future`` with a method ``interrupt()``.

        Raises
        ------
        NotShareableError
            The function or an argument cannot be pickled.
        RuntimeError
            The pool is shut down.
        BrokenInterpreterPool
            One of its interpreters has ended, or the initializer has failed.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> with sk.InterpreterPoolExecutor(2) as pool:
        ...     pool.submit(lambda x: x + 1, 41).result()
        42
        """
        future = TaskFuture()
        future._engine = self._engine
        function = self._engine.acquire(fn)
        try:
            future._task = self._engine.post(function, args, kwargs, future, owned=True)
        except BaseException:
            self._engine.release(function)
            raise
        return future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Call a function for each item, or for the items of several iterables together, as :func:`map` does.

        Parameters
        ----------
        fn : callable
            The function; it is sent to each interpreter once.
        *iterables : iterable
            The arguments. An ``itertools.repeat(x)`` without end is sent to each interpreter once, too.
        timeout : float, optional
            Seconds from this call on, after which a result is waited for no longer.
        chunksize : int
            The number of calls that are sent together. One is usually fast enough.
        buffersize : int, optional
            The number of tasks that are sent before their results are taken; by default all. With a number, `iterables`
            may be endless, and memory is bounded.

        Returns
        -------
        iterator
            The results in the order of the arguments. Its ``close()`` withdraws the tasks that wait. Stop, or Ctrl-C,
            while it waits interrupts those that run, too.

        Raises
        ------
        ValueError
            `chunksize` or `buffersize` is less than 1.
        TypeError
            `buffersize` is no integer.
        TimeoutError
            Raised by the iterator: a result was not there in time.
        NotShareableError
            The function or an argument cannot be pickled.
        RuntimeError
            The pool is shut down.

        Notes
        -----
        If a call raises an exception, the iterator raises it in its place and ends, as in ``concurrent.futures``.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> with sk.InterpreterPoolExecutor() as pool:
        ...     sum(pool.map(len, ["one", "three"], buffersize=10))
        8
        """
        if chunksize < 1:
            raise ValueError(f"chunksize must be at least 1, not {chunksize}")
        if buffersize is not None:
            _check_buffersize(buffersize)
        fn, iterables = with_constants(fn, iterables)
        arguments: Iterator[tuple[Any, ...]] = zip(*iterables, strict=False)
        if chunksize > 1:
            fn, arguments = functools.partial(call_each, fn), itertools.batched(arguments, chunksize, strict=False)
        return MapResults(
            self._engine,
            self._engine.acquire(fn),
            arguments,
            buffersize=buffersize,
            timeout=timeout,
            chunked=chunksize > 1,
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more tasks, and end the interpreters when all tasks have ended.

        Parameters
        ----------
        wait : bool
            Return when that has happened. Stop, or Ctrl-C, meanwhile cancels the tasks that wait and interrupts those
            that run.
        cancel_futures : bool
            Cancel the tasks that no interpreter has taken yet.
        """
        self._engine.shut_down(wait=wait, cancel=cancel_futures)

    def stop(self) -> None:
        """Cancel the tasks that wait, and interrupt those that run; the pool goes on."""
        self._engine.stop()

    def __exit__(self, exc_type: type[BaseException] | None, *exc_info: object) -> bool | None:
        if exc_type is not None and issubclass(exc_type, KeyboardInterrupt):
            self._engine.stop()
        self.shutdown()
        return None


def _check_buffersize(buffersize: Any) -> None:
    if not isinstance(buffersize, int):
        raise TypeError(f"buffersize must be an integer or None, not {type(buffersize).__name__}")
    if buffersize < 1:
        raise ValueError(f"buffersize must be None or > 0, not {buffersize}")


def stop_all(output: int | None = None) -> None:
    """Stop the tasks of all pools, or those whose output has that id."""
    for engine in list(_engines):
        engine.stop(output)


def _track(engine: Engine) -> None:
    global _registered
    if not _registered:
        # As concurrent.futures does: tasks that were submitted are finished, before the interpreters are closed.
        threading._register_atexit(_finish_all)  # type: ignore[attr-defined]
        _registered = True
    _engines.add(engine)


def _finish_all() -> None:
    for engine in list(_engines):
        engine.shut_down(wait=True, cancel=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_engines.clear)
