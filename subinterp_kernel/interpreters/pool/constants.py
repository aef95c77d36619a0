"""Arguments that are the same for all calls of a map cross with the function, not with each call."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterable
from typing import Any

from subinterp_kernel.interpreters.pool.calls import call_with_constants

__all__ = ["with_constants"]


def with_constants(
    fn: Callable[..., Any], iterables: tuple[Iterable[Any], ...]
) -> tuple[Callable[..., Any], tuple[Iterable[Any], ...]]:
    """Move arguments from an endless ``itertools.repeat`` into the function."""
    endless = {n: it for n, it in enumerate(iterables) if type(it) is itertools.repeat and _has_no_end(it)}
    if not endless or len(endless) == len(iterables):
        return fn, iterables
    constants = {n: next(it) for n, it in endless.items()}
    return functools.partial(call_with_constants, fn, constants), tuple(
        it for n, it in enumerate(iterables) if n not in constants
    )


def _has_no_end(iterator: itertools.repeat[Any]) -> bool:
    return operator.length_hint(iterator, -1) == -1
