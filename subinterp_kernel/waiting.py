"""What waits in compiled code take from Python. Importable in every interpreter."""

from __future__ import annotations

import math
from _thread import TIMEOUT_MAX

__all__ = ["look_up", "seconds"]


def look_up() -> None:
    """Do nothing, in bytecode: that is where CPython sees signals, interrupts and asynchronous exceptions."""
    # Not a lambda made by the extensions that call it: such a function, in the dict of a Cython module, keeps the
    # module and 2 MB alive in every interpreter that has ended.


def seconds(timeout: float) -> float:
    """Return a timeout as a float.

    Parameters
    ----------
    timeout : float
        Seconds; what a negative number means is up to the caller.

    Raises
    ------
    TypeError
        It is not a number.
    ValueError
        It is not a number, in the other sense: NaN.
    OverflowError
        It is longer than ``threading.TIMEOUT_MAX``.
    """
    value = 0.0 + timeout
    if math.isnan(value):
        raise ValueError("Invalid value NaN (not a number)")
    if value > TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    return value
