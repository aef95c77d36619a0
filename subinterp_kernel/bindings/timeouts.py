"""Python functions that waits in compiled code call. Importable in every interpreter."""

from __future__ import annotations

import math
from _thread import TIMEOUT_MAX

__all__ = ["UNLIMITED", "check_interrupts", "optional_seconds", "seconds"]

UNLIMITED = math.inf


def check_interrupts() -> None:
    """Let CPython handle signals, interrupts and asynchronous exceptions, which it does when it enters a function."""
    # Not a function of the extensions that call it: such a function, in the dict of a Cython module, keeps the
    # module and 2 MB alive in every interpreter that has ended.


def seconds(timeout: float) -> float:
    """Return a timeout in seconds as a float.

    Parameters
    ----------
    timeout : float
        Seconds. The caller decides what a negative number means.

    Raises
    ------
    TypeError
        It is not a number.
    ValueError
        It is NaN.
    OverflowError
        It is longer than ``threading.TIMEOUT_MAX``.
    """
    value = 0.0 + timeout
    if math.isnan(value):
        raise ValueError("Invalid value NaN (not a number)")
    if value > TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    return value


def optional_seconds(timeout: float | None) -> float:
    """Return a timeout in seconds as a float, UNLIMITED for None; otherwise as :func:`seconds`."""
    return UNLIMITED if timeout is None else seconds(timeout)
