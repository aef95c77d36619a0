"""Functions that a Stop does not end in the middle: KeyboardInterrupt is raised when they have returned."""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["defer_interrupt"]


def defer_interrupt(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, during which SIGINT is noted; the usual handler is called afterwards.

    Notes
    -----
    For functions that take locks: a KeyboardInterrupt between the acquisition of a lock and the body of its ``with``
    statement would leave it locked for ever.
    """

    @functools.wraps(function)
    def deferring(*args: Any, **kwargs: Any) -> Any:
        handler = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(handler):
            return function(*args, **kwargs)
        arrived: list[tuple[Any, ...]] = []
        signal.signal(signal.SIGINT, lambda *signalled: arrived.append(signalled))
        try:
            return function(*args, **kwargs)
        finally:
            signal.signal(signal.SIGINT, handler)
            if arrived:
                handler(*arrived[0])

    return deferring
