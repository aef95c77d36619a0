"""The state that the magics of one shell share with the kernel: made by the extension, completed by the kernel."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.scheduler import Scheduler

__all__ = ["NotebookContext"]


@dataclass(eq=False)
class NotebookContext:
    """What cells and jobs need to know about the shell and the kernel.

    Attributes
    ----------
    shell : InteractiveShell
        The shell of the main interpreter.
    while_waiting : callable
        Returns a context manager that is active while the main thread waits for an interpreter. The kernel answers
        concurrent requests in it; elsewhere it does nothing.
    shutting_down : threading.Event
        Set when the kernel shuts down: every wait returns soon.
    scheduler : Scheduler
        Runs timers.
    """

    shell: InteractiveShell
    while_waiting: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    shutting_down: threading.Event = field(default_factory=threading.Event)
    scheduler: Scheduler = field(default_factory=Scheduler)
