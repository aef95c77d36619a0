"""Ctrl-C in the middle of a report would lose it: so it waits until the next event."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

__all__ = ["held_ctrl_c"]


@contextlib.contextmanager
def held_ctrl_c(notify: Callable[[], None]) -> Iterator[None]:
    """Call a function at the first Ctrl-C while the context lasts; the second one has its usual effect.

    Parameters
    ----------
    notify : callable
        What to call in the signal handler.
    """
    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(*_: object) -> None:
        signal.signal(signal.SIGINT, usual)
        notify()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
