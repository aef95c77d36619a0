"""The asyncio loop of an interpreter's cells: one for all of them, which runs while a cell runs and between cells."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import selectors
import socket
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

from IPython.core import async_helpers

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.worker.streams import request_of_task

__all__ = ["cancel_tasks", "run_in_loop", "run_until_request"]

_LOOP_FOLDERS = frozenset({os.path.dirname(__file__), os.path.dirname(asyncio.__file__)})
_CELL_TIMEOUT = 5.0  # seconds for an interrupted cell to end; after that it continues as a task
_CANCEL_TIMEOUT = 0.8  # seconds for cancelled tasks to end

_context = contextvars.copy_context()  # so that a variable set in one cell is set in the next
_loop: _CellLoop | None = None


class _Selector(selectors.DefaultSelector):
    """A selector that, between cells, waits without slices and keeps interrupts away from the loop."""

    between_cells = False

    def select(self, timeout: float | None = None) -> Any:
        """Wait for files."""
        if not self.between_cells:
            return super().select(timeout)
        _worker_thread.let_tasks_run(False)
        ready = _unsliced_select(self, timeout)
        _worker_thread.let_tasks_run(True)
        return ready


_unsliced_select = getattr(selectors.DefaultSelector.select, "__wrapped__", selectors.DefaultSelector.select)


class _CellLoop(asyncio.SelectorEventLoop):
    """The loop of the cells, with a socket to which C code writes when there is a request."""

    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)
        self.wakeup, self._wakeup_reader = socket.socketpair()
        for end in (self.wakeup, self._wakeup_reader):
            end.setblocking(False)
        self.add_reader(self._wakeup_reader, self._on_wakeup)

    def _on_wakeup(self) -> None:
        with contextlib.suppress(BlockingIOError):  # an interrupt may come between two such calls
            self._wakeup_reader.recv(4096)
        if self.selector.between_cells:
            self.stop()

    def is_usable(self) -> bool:
        """Tell whether the loop and its selector are open; user code may have closed either."""
        return not self.is_closed() and self.selector.get_map() is not None

    def close(self) -> None:
        """Close the loop and its sockets; RuntimeError while it runs, which changes nothing."""
        if self.is_running():
            super().close()  # raises
        if self.is_usable():
            self.remove_reader(self._wakeup_reader)
        elif not self.is_closed():
            self._selector = _Selector()  # user code has closed the selector, which asyncio needs to close the loop
        self._wakeup_reader.close()
        self.wakeup.close()
        super().close()


def run_in_loop(cell: Coroutine[Any, Any, Any]) -> Any:
    """Run a cell in the loop that all cells share; tasks that it leaves behind continue afterwards.

    Raises
    ------
    KeyboardInterrupt
        The cell was interrupted while it waited; its coroutine was cancelled and has ended.
    """
    loop = _open_loop()
    loop.selector.between_cells = False
    _context.run(request_of_task.set, _worker_thread.request_id())  # tasks that the cell makes copy the context
    task = loop.create_task(cell, context=_context)
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        # Without this the cell would continue as soon as the loop runs again. The timeout is for an interrupt that came
        # while asyncio was about to run the cell's next step: that step is lost, and the cell never ends.
        if task.cancel():
            loop.run_until_complete(asyncio.wait([task], timeout=_CELL_TIMEOUT))
        raise


def _open_loop() -> _CellLoop:
    global _loop
    if _loop is not None and _loop.is_running():  # interrupted while it stopped: it can never run again
        asyncio._set_running_loop(None)
        _loop = None
    if _loop is None or not _loop.is_usable():
        # What IPython itself runs in a loop, it runs in this one.
        _loop = async_helpers._asyncio_event_loop = _CellLoop()
    asyncio.set_event_loop(_loop)
    return _loop


def run_until_request() -> bool:
    """Run the tasks that cells have left behind until there is a request; may return earlier.

    Returns
    -------
    bool
        Whether there may be more to run before the next request.
    """
    if _loop is None or not _loop.is_usable() or not _worker_thread.enter_loop(_loop.wakeup.fileno()):
        return False
    _loop.selector.between_cells = True
    try:
        _loop.run_forever()
    except (KeyboardInterrupt, SystemExit) as error:  # ends the loop, besides the task that has raised it
        error.__traceback__ = _without_loop(error.__traceback__)
    return True


def _without_loop(frames: TracebackType | None) -> TracebackType | None:
    # asyncio prints this traceback if the task's result is never retrieved.
    while frames is not None and os.path.dirname(frames.tb_frame.f_code.co_filename) in _LOOP_FOLDERS:
        frames = frames.tb_next
    return frames


def cancel_tasks() -> bool:
    """Cancel all tasks and close the loop."""
    if _loop is None or not _loop.is_usable():
        return False
    _loop.selector.between_cells = True  # so that interrupts reach tasks only
    _loop.set_exception_handler(_report_failures_only)
    end = time.monotonic() + _CANCEL_TIMEOUT
    try:
        while (tasks := asyncio.all_tasks(_loop)) and time.monotonic() < end:
            for task in tasks:
                task.cancel()
            _run_until(end, asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT / 4))
        _run_until(end, _loop.shutdown_asyncgens())
    finally:
        _loop.close()
    return False


def _run_until(end: float, coroutine: Coroutine[Any, Any, Any]) -> None:
    assert _loop is not None
    with contextlib.suppress(KeyboardInterrupt, SystemExit, TimeoutError):  # raised by tasks
        _loop.run_until_complete(asyncio.wait_for(coroutine, max(0.0, end - time.monotonic())))


def _report_failures_only(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Tasks that did not end, or were interrupted so that they end, are not reported.
    if isinstance(context.get("exception"), Exception):
        loop.default_exception_handler(context)
