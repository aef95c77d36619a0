"""Has a program try one item after the other; the one at which the child process dies is known by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subinterp_kernel.doctor import child_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from subinterp_kernel.doctor.child_process import Limits

__all__ = ["run_items"]

_MOST_DEATHS = 10  # a package with more than that is understood


def run_items(
    program: str, items: Sequence[Any], limits: Limits, **options: object
) -> dict[int, dict[str, Any]]:
    """Return what a program says of each item.

    Parameters
    ----------
    program : str
        A module of :mod:`subinterp_kernel.doctor.programs`; it reports an event ``{"begins": index}`` before each item
        and ``{"index": index, ...}`` after it.
    items : sequence
        What it tries, as JSON.
    limits : Limits
        For each child process.
    **options : object
        More for the program.

    Returns
    -------
    dict of int to dict
        By the index of the item: its event, or ``{"died": detail}`` for one at which the process ended. Items are missing
        if too many before them died.
    """
    found: dict[int, dict[str, Any]] = {}
    first = 0
    for _ in range(_MOST_DEATHS):
        if first >= len(items):
            break
        current = _run_from(first, program, items, limits, options, found)
        if current is None:
            break
        first = current + 1
    return found


def _run_from(
    first: int,
    program: str,
    items: Sequence[Any],
    limits: Limits,
    options: dict[str, object],
    found: dict[int, dict[str, Any]],
) -> int | None:
    """Try the items from `first` on; return the index at which the process died, or None if it came to its end."""
    current = first
    request = {**options, "items": items[first:]}
    with child_process.run(program, request, limits) as child:
        for event in child.events():
            if "begins" in event:
                current = first + event["begins"]
            else:
                found[first + event["index"]] = event
    if child.ending.is_done:
        return None
    if current in found and current + 1 >= len(items):  # it died after the last one
        found[current]["died"] = child.ending.detail
    else:
        found.setdefault(current, {})["died"] = child.ending.detail
    return current
