"""What makes a pool work: the interpreters that it starts, and the thread that collects their replies."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from subinterp_kernel.bindings import task_pool
from subinterp_kernel.errors import InterpreterError, NameTakenError
from subinterp_kernel.interpreters import closing, registry
from subinterp_kernel.interpreters.interpreter import Interpreter, worker_of
from subinterp_kernel.interpreters.pool import output, replies
from subinterp_kernel.interpreters.pool.errors import BrokenInterpreterPool
from subinterp_kernel.interpreters.pool.function_table import FunctionTable, PooledFunction, serialize_arguments
from subinterp_kernel.messaging import event_reader, protocol
from subinterp_kernel.messaging import replies as request_replies

if TYPE_CHECKING:
    from subinterp_kernel.bindings import control
    from subinterp_kernel.bindings._task_pool import Task
    from subinterp_kernel.interpreters.pool.completion import Completion
    from subinterp_kernel.shared.serialization import Pin

__all__ = ["Engine"]

_SHOWN_TIMEOUT = 5.0  # seconds for what a task has printed to be shown before its result is given out
_STOP_TIMEOUT = 5.0  # seconds for the tasks to end after an interrupt

_log = logging.getLogger("subinterp_kernel")


class _Outstanding(NamedTuple):
    task: Task
    completion: Completion
    function: PooledFunction | None  # to be released with the task
    output: int


class Engine:
    """The state of a pool; it lives until all tasks have ended, which may be longer than the executor.

    Parameters
    ----------
    max_workers : int
        The number of interpreters that it starts at most.
    prefix : str
        Their names are ``PREFIX_0``, ``PREFIX_1`` and so on.
    initializer : tuple of bytes and list of shared objects, or None
        The serialized call that each interpreter makes first.
    """

    def __init__(self, max_workers: int, prefix: str, initializer: tuple[bytes, list[Pin]] | None) -> None:
        self.max_workers = max_workers
        self._prefix = prefix
        self._initializer = initializer
        self._native = task_pool.TaskPool()
        self._functions = FunctionTable(self._native)
        self._lock = threading.RLock()  # a finalizer may call back in while it is held
        self._outstanding: dict[int, _Outstanding] = {}
        self._workers: list[Interpreter] = []
        self._numbers = itertools.count()
        self._collector: threading.Thread | None = None
        self._shut = False
        self._closing = False
        self._broken: BrokenInterpreterPool | None = None

    @property
    def workers(self) -> list[Interpreter]:
        """The interpreters that were started."""
        return list(self._workers)

    @property
    def broken(self) -> bool:
        """Whether it runs no more tasks because an interpreter has ended."""
        return self._broken is not None

    @property
    def outstanding(self) -> int:
        """The number of tasks that wait or run."""
        return len(self._outstanding)

    def acquire(self, function: Callable[..., Any]) -> PooledFunction:
        """Keep a function for tasks, until :meth:`release`."""
        self._refuse_if_shut()
        with self._lock:
            return self._functions.acquire(function)

    def release(self, function: PooledFunction) -> None:
        """Need a function no longer."""
        with self._lock:
            self._functions.release(function)

    def post(
        self,
        function: PooledFunction,
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None,
        completion: Completion,
        *,
        owned: bool = False,
    ) -> Task:
        """Queue a task; `owned`: release the function when it ends.

        Raises
        ------
        RuntimeError
            The pool is shut down.
        BrokenInterpreterPool
            It is broken.
        NotShareableError
            An argument cannot cross.
        """
        payload, pins = serialize_arguments(function, args, kwargs)
        with self._lock:
            self._refuse_if_shut()
            shown_with = output.current()
            task = self._native.post(payload, pins, shown_with)
            self._outstanding[task.id] = _Outstanding(task, completion, function if owned else None, shown_with)
            if len(self._workers) < self.max_workers and self._native.needs_worker():
                self._start_worker_for(task)
            return task

    def withdraw(self, task: Task) -> bool:
        """Take a task back that no interpreter has taken; return whether it was taken back."""
        if not task.withdraw():
            return False
        self._forget(task.id)
        return True

    def start_all(self) -> None:
        """Start all interpreters that were not started yet."""
        with self._lock:
            self._refuse_if_shut()
            while len(self._workers) < self.max_workers:
                self._start_worker()

    def shut_down(self, *, wait: bool, cancel: bool) -> None:
        """Accept no more tasks; end the interpreters when all tasks have ended."""
        with self._lock:
            self._shut = True
            collector = self._collector
        if cancel:
            self._withdraw_all()
        if collector is None:
            return
        self._native.nudge()
        if wait and collector is not threading.current_thread():
            self._join(collector)

    def stop(self, output: int | None = None) -> None:
        """Withdraw the tasks that wait, and interrupt those that run: all, or those whose output has that id."""
        for entry in self._withdraw_all(output):
            entry.task.stop()

    def _join(self, collector: threading.Thread) -> None:
        try:
            collector.join()
        except KeyboardInterrupt:
            self.stop()
            collector.join(_STOP_TIMEOUT)
            raise

    def _refuse_if_shut(self) -> None:
        if self._broken is not None:
            raise BrokenInterpreterPool(*self._broken.args) from self._broken.__cause__
        if self._shut:
            raise RuntimeError("cannot schedule new futures after shutdown: make another InterpreterPoolExecutor")

    def _withdraw_all(self, output: int | None = None) -> list[_Outstanding]:
        """Cancel the tasks that no interpreter has taken, and return the others."""
        with self._lock:
            entries = [entry for entry in self._outstanding.values() if output in (None, entry.output)]
        running = []
        for entry in reversed(entries):
            if self.withdraw(entry.task):
                entry.completion.cancel_withdrawn()
            else:
                running.append(entry)
        return running

    def _forget(self, task_id: int) -> _Outstanding | None:
        with self._lock:
            entry = self._outstanding.pop(task_id, None)
            if entry is not None and entry.function is not None:
                self._functions.release(entry.function)
            return entry

    # --------------------------------------------------------------------------------------------- interpreters

    def _start_worker_for(self, task: Task) -> None:
        """Start one more interpreter; if that fails and there is no other, the task is not queued."""
        try:
            self._start_worker()
        except BaseException:
            if self._workers:
                return
            task.withdraw()
            del self._outstanding[task.id]
            raise

    def _start_worker(self) -> None:
        event_reader.start()
        interpreter = self._start_named()
        worker = worker_of(interpreter)
        if self._initializer is not None:
            self._initialize(worker, *self._initializer)
        self._native.join(worker.handle)
        self._workers.append(interpreter)
        if self._collector is None:
            self._collector = threading.Thread(target=self._collect, name=f"{self._prefix} results", daemon=True)
            self._collector.start()

    def _start_named(self) -> Interpreter:
        while True:
            try:
                return registry.start(f"{self._prefix}_{next(self._numbers)}")
            except NameTakenError:
                continue

    def _initialize(self, worker: control.Worker, data: bytes, pins: list[Pin]) -> None:
        request = worker.request(protocol.INITIALIZE, data, pins, announce=True)

        def check() -> None:
            try:
                request_replies.decode(request, worker)
            except InterpreterError as error:
                self._break(f"the initializer of the pool failed: {error.args[0]}", error)

        event_reader.subscribe(request, worker, on_reply=check)
        request.post()

    # --------------------------------------------------------------------------------------------------- replies

    def _collect(self) -> None:
        while not ((self._shut or self._broken) and not self._outstanding):
            ids = self._native.wait_finished()
            if ids is None:  # a forked child
                return
            for task_id in ids:
                if task_id:
                    self.deliver(task_id)
                elif not self._closing:
                    self._break(self._why_a_worker_ended())
        self._close_workers()

    def _why_a_worker_ended(self) -> str:
        for interpreter in self._workers:
            worker = worker_of(interpreter)
            if worker.state == "failed":
                return f"interpreter {worker.name!r} of the pool did not start: {worker.failure}"
        return "an interpreter of the pool has ended: make another pool"

    def deliver(self, task_id: int) -> None:
        """Complete the future or the map of a finished task, unless another thread has done so."""
        entry = self._forget(task_id)
        if entry is None:
            return
        entry.task.wait_shown(_SHOWN_TIMEOUT)
        try:
            entry.completion.arrived(entry.task)
        except BaseException:  # noqa: BLE001 - done-callbacks are user code; the next result must still be delivered
            _log.exception("a callback of a task failed")
        if replies.is_of_lost_worker(entry.task):
            self._break("an interpreter of the pool was closed while it ran a task: make another pool")

    def _break(self, reason: str, cause: BaseException | None = None) -> None:
        """Run no more tasks: all that wait or run fail."""
        with self._lock:
            if self._broken is not None:
                return
            self._broken = BrokenInterpreterPool(reason)
            self._broken.__cause__ = cause
            entries = list(self._outstanding.values())
        for entry in reversed(entries):
            entry.task.stop()
            if self._forget(entry.task.id) is not None:
                error = BrokenInterpreterPool(reason)
                error.__cause__ = cause
                entry.completion.failed(error)
        self._native.nudge()

    def _close_workers(self) -> None:
        self._closing = True
        with self._lock:
            self._functions.clear()
        workers = [worker_of(interpreter) for interpreter in self._workers]
        closing.end_together(workers)
        for worker in workers:
            closing.close_worker(worker, 0.0 if closing.is_stuck(worker) else _STOP_TIMEOUT)
