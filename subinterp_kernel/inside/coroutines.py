"""The asyncio loop of an interpreter's cells: one for all of them, running while a cell runs."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

from IPython.core.async_helpers import get_asyncio_loop

__all__ = ["run_in_loop"]

_context = contextvars.copy_context()  # so that a variable set in one cell is set in the next


def run_in_loop(cell: Coroutine[Any, Any, Any]) -> Any:
    """Run a cell in the loop that all cells share; tasks that it leaves behind go on in the next cell.

    Raises
    ------
    KeyboardInterrupt
        Stop came while the cell waited; its coroutine has been cancelled and has ended.
    """
    loop = get_asyncio_loop()
    asyncio.set_event_loop(loop)
    task = loop.create_task(cell, context=_context)
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        # Left alone, the cell would go on as soon as the loop runs for another one.
        if task.cancel():
            loop.run_until_complete(asyncio.wait([task]))
        raise
