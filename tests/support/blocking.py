"""A call that blocks, on a thread of its own, and an interpreter that is busy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import subinterp_kernel as sk

__all__ = ["blocked", "held_up"]


@contextmanager
def blocked(call: Callable[..., Any], *arguments: Any) -> Iterator[Future[Any]]:
    """Run the body while a thread is in a call that blocks; afterwards the call must end."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call, *arguments)
        time.sleep(0.1)
        assert not future.done()
        yield future
        future.exception(60)


@contextmanager
def held_up(interpreter: sk.Interpreter) -> Iterator[None]:
    """Run the body while the interpreter is busy, so that requests are queued."""
    source, sink = os.pipe()
    busy = interpreter.submit(os.read, source, 1)
    try:
        yield
    finally:
        os.write(sink, b"x")
        busy.result(60)
        os.close(source)
        os.close(sink)
