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

from subinterp_kernel.compiled import inside as _inside
from subinterp_kernel.inside.streams import request_of_task

__all__ = ["end_tasks", "run_in_loop", "run_until_asked"]

_LOOP_FOLDERS = frozenset({os.path.dirname(__file__), os.path.dirname(asyncio.__file__)})
_PATIENCE_WITH_CELL = 5.0  # seconds for a cell that was stopped to end; then it goes on as a task
_PATIENCE = 0.8  # seconds for cancelled tasks to end

_context = contextvars.copy_context()  # so that a variable set in one cell is set in the next
_loop: _CellLoop | None = None


class _Selector(selectors.DefaultSelector):
    """Waits without a limit between cells, for the bell wakes it; and no interrupt shall reach the loop meanwhile."""

    between_cells = False

    def select(self, timeout: float | None = None) -> Any:
        """Wait for files."""
        if not self.between_cells:
            return super().select(timeout)
        _inside.let_tasks_run(False)
        ready = _select_in_one_piece(self, timeout)
        _inside.let_tasks_run(True)
        return ready


_select_in_one_piece = getattr(selectors.DefaultSelector.select, "__wrapped__", selectors.DefaultSelector.select)


class _CellLoop(asyncio.SelectorEventLoop):
    """The loop of the cells, with a bell that C code rings when there is a request."""

    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)
        self.bell, self._rope = socket.socketpair()
        for end in (self.bell, self._rope):
            end.setblocking(False)
        self.add_reader(self._rope, self._rung)

    def _rung(self) -> None:
        with contextlib.suppress(BlockingIOError):  # an interrupt may have come between two such calls
            self._rope.recv(4096)
        if self.selector.between_cells:
            self.stop()

    def close(self) -> None:
        """Close the loop and what it has opened."""
        if not self.is_closed():
            self.remove_reader(self._rope)
            self._rope.close()
            self.bell.close()
        super().close()


def run_in_loop(cell: Coroutine[Any, Any, Any]) -> Any:
    """Run a cell in the loop that all cells share; tasks that it leaves behind go on afterwards.

    Raises
    ------
    KeyboardInterrupt
        Stop came while the cell waited; its coroutine has been cancelled and has ended.
    """
    loop = _open_loop()
    loop.selector.between_cells = False
    _context.run(request_of_task.set, _inside.request_id())  # tasks that the cell makes copy the context
    task = loop.create_task(cell, context=_context)
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        # Left alone, the cell would go on as soon as the loop runs again. The limit is for an interrupt that has come
        # while asyncio held the cell's next step in its hands: then there is none any more.
        if task.cancel():
            loop.run_until_complete(asyncio.wait([task], timeout=_PATIENCE_WITH_CELL))
        raise


def _open_loop() -> _CellLoop:
    global _loop
    if _loop is not None and _loop.is_running():  # an interrupt has come just when it stopped: nobody can use it again
        asyncio._set_running_loop(None)
        _loop = None
    if _loop is None or _loop.is_closed():
        # What IPython itself runs in a loop, it runs in this one.
        _loop = async_helpers._asyncio_event_loop = _CellLoop()
    asyncio.set_event_loop(_loop)
    return _loop


def run_until_asked() -> bool:
    """Run what the cells have left behind until there is a request, and perhaps not even so long.

    Returns
    -------
    bool
        Whether there may be more to run before the next request.
    """
    if _loop is None or _loop.is_closed() or not _inside.enter_loop(_loop.bell.fileno()):
        return False
    _loop.selector.between_cells = True
    try:
        _loop.run_forever()
    except (KeyboardInterrupt, SystemExit) as error:  # ends the loop, besides the task that has raised it
        error.__traceback__ = _without_loop(error.__traceback__)
    return True


def _without_loop(frames: TracebackType | None) -> TracebackType | None:
    # asyncio shows it when nobody asks for the task's result.
    while frames is not None and os.path.dirname(frames.tb_frame.f_code.co_filename) in _LOOP_FOLDERS:
        frames = frames.tb_next
    return frames


def end_tasks() -> bool:
    """Cancel all tasks and close the loop."""
    if _loop is None or _loop.is_closed():
        return False
    _loop.selector.between_cells = True  # so that interrupts reach tasks alone
    _loop.set_exception_handler(_report_failures_only)
    end = time.monotonic() + _PATIENCE
    try:
        while (tasks := asyncio.all_tasks(_loop)) and time.monotonic() < end:
            for task in tasks:
                task.cancel()
            _run_until(end, asyncio.wait(tasks, timeout=_PATIENCE / 4))
        _run_until(end, _loop.shutdown_asyncgens())
    finally:
        _loop.close()
    return False


def _run_until(end: float, coroutine: Coroutine[Any, Any, Any]) -> None:
    assert _loop is not None
    with contextlib.suppress(KeyboardInterrupt, SystemExit, TimeoutError):  # raised by tasks
        _loop.run_until_complete(asyncio.wait_for(coroutine, max(0.0, end - time.monotonic())))


def _report_failures_only(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Of tasks that did not end, or were interrupted in order to end, nobody wants to hear.
    if isinstance(context.get("exception"), Exception):
        loop.default_exception_handler(context)
