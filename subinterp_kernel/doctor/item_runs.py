"""Has a program try one item after the other; the one at which the child process dies is known by that."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import child_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from subinterp_kernel.doctor.child_process import Child, Limits

__all__ = ["run_items"]

_MOST_DEATHS = 10  # a package with more than that is understood


def run_items(program: str, items: Sequence[Any], limits: Limits) -> dict[int, dict[str, Any]]:
    """Return what a program says of each item.

    Parameters
    ----------
    program : str
        A module of :mod:`subinterp_kernel.doctor.programs`; it reports an event ``{"begins": index}`` before each
        item and ``{"index": index, ...}`` after it.
    items : sequence
        What it tries, as JSON.
    limits : Limits
        For all child processes together.

    Returns
    -------
    dict of int to dict
        By the index of the item: its event, or ``{"died": detail}`` for one at which the process ended. Items are
        missing if too many before them died, or if the time was over.
    """
    found: dict[int, dict[str, Any]] = {}
    first: int | None = 0
    end = time.monotonic() + limits.total
    for _ in range(_MOST_DEATHS):
        left = end - time.monotonic()
        if first is None or first >= len(items) or left <= 0:
            break
        with child_process.run(program, {"items": items[first:]}, replace(limits, total=left)) as child:
            first = _run_from(first, child, found)
    return found


def _run_from(first: int, child: Child, found: dict[int, dict[str, Any]]) -> int | None:
    """Note what it says of the items from `first` on; return where to go on if it dies, or None if it is done."""
    current = first
    for event in child.events():
        if "begins" in event:
            current = first + event["begins"]
        else:
            found[first + event["index"]] = event
    if child.ending.is_done:
        return None
    when = " when the interpreter ends" if current in found else ""
    found.setdefault(current, {})["died"] = child.ending.detail + when
    return current + 1
