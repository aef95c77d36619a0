"""A call that blocks, on a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

__all__ = ["blocked"]


@contextmanager
def blocked(call: Callable[..., Any], *arguments: Any) -> Iterator[Future[Any]]:
    """Run the body while a thread is in a call that blocks; afterwards the call must end."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call, *arguments)
        time.sleep(0.1)
        assert not future.done()
        yield future
        future.exception(60)
