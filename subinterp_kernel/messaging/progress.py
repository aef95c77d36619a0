"""Progress of a long computation, shown in the display of its job. Importable in every interpreter."""

from __future__ import annotations

import json

from subinterp_kernel.messaging import outbox, protocol

__all__ = ["report_progress"]


def report_progress(done: float, total: float = 1.0, text: str = "") -> None:
    """Show the progress of the job that runs here in its display.

    Parameters
    ----------
    done : float
        The amount that is done, from 0 to `total`.
    total : float
        The whole amount.
    text : str
        A text to show after the percentage.

    Raises
    ------
    ValueError
        `total` is not positive.

    Notes
    -----
    Thread-safe. No-op in the main interpreter and in cells that are not jobs. Cheap enough to call in an inner loop.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> for step in range(1, 4):
    ...     sk.report_progress(step, 3, "files")
    """
    if not total > 0:
        raise ValueError(f"total must be positive, not {total!r}")
    own_outbox = outbox.current()
    if own_outbox is not None:
        report = {"fraction": min(max(done / total, 0.0), 1.0), "text": text}
        own_outbox.emit(protocol.PROGRESS, json.dumps(report).encode())
