"""How far a long computation has come, for those who watch it. Importable in every interpreter."""

from __future__ import annotations

import json
import sys
from typing import Any

from subinterp_kernel import protocol

__all__ = ["report_progress"]

_LOOP = "subinterp_kernel.inside.loop"


def report_progress(done: float, total: float = 1.0, text: str = "") -> None:
    """Show in the display of the job that runs here how far it has come.

    Parameters
    ----------
    done : float
        How much is done, from 0 to `total`.
    total : float
        How much there is to do.
    text : str
        What to show behind the percentage.

    Raises
    ------
    ValueError
        `total` is not positive.

    Notes
    -----
    Nothing happens where there is no job: in the main interpreter, and in what somebody waits for. May be called very
    often, from every thread of the interpreter.
    """
    if not total > 0:
        raise ValueError(f"total must be positive, not {total!r}")
    loop: Any = sys.modules.get(_LOOP)
    outbox = getattr(loop, "outbox", None)
    if outbox is not None:
        report = {"fraction": min(max(done / total, 0.0), 1.0), "text": text}
        outbox.emit(protocol.PROGRESS, json.dumps(report).encode())
