"""Functions that the pools run, importable in every interpreter and process."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

__all__ = ["add_one", "compute", "compute_little", "give_back", "occupy", "occupy_with_numpy"]

_HOLD = 0.5  # seconds, so that no worker takes two tasks


def compute(rounds: int) -> int:
    """Keep a core busy."""
    return sum(n * n for n in range(rounds))


def compute_little(_number: int) -> int:
    """Take longer than a worker needs to ask for its first task."""
    return compute(200_000)


def give_back(data: Any) -> Any:
    """Return the argument."""
    return data


def add_one(array: Any) -> Any:
    """Return a new array."""
    return array + 1


def occupy(_number: int) -> tuple[int, int]:
    """Keep a worker from other tasks; return the process and the thread."""
    time.sleep(_HOLD)
    return os.getpid(), threading.get_ident()


def occupy_with_numpy(number: int) -> tuple[int, int]:
    """Do so after an import of NumPy."""
    import numpy as np

    np.zeros(1)
    return occupy(number)
