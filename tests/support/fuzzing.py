"""Runs a property for a few fixed examples, as in the usual test run, or for a given time (``make fuzz``)."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

__all__ = ["SECONDS", "fuzz"]

SECONDS = float(os.environ.get("SUBINTERP_FUZZ_SECONDS", "0"))
_EXAMPLES_AT_A_TIME = 200


def fuzz(examples: int, **strategies: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that calls a test with that many examples, or with new ones for ``SECONDS`` seconds."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        configuration = settings(
            max_examples=_EXAMPLES_AT_A_TIME if SECONDS else examples,
            derandomize=not SECONDS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        once = configuration(given(**strategies)(test))

        @functools.wraps(once, updated=())  # without Hypothesis's attributes: to pytest it is an ordinary test
        def run(**fixtures: Any) -> None:
            end = time.monotonic() + SECONDS
            once(**fixtures)
            while time.monotonic() < end:
                once(**fixtures)

        return run

    return decorate
