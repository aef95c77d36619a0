"""How a shared array looks: head and tail of its values, its shape, and who holds it."""

from __future__ import annotations

import html as markup
from typing import TYPE_CHECKING, Any

from subinterp_kernel.memory import holders_of

if TYPE_CHECKING:
    from subinterp_kernel.array import SharedArray

__all__ = ["html", "text"]

_EDGE = 3  # items shown at each end of a dimension
_MOST_DIMENSIONS = 4  # of more, only the shape is shown
_GAP = "…"


def text(array: SharedArray) -> str:
    """Return ``SharedArray('d', (2, 3), [[…], […]], held by main)``."""
    try:
        head = f"SharedArray({array.format!r}, {array.shape}"
    except ValueError:
        return "<SharedArray, closed>"
    values = _GAP if array.ndim > _MOST_DIMENSIONS else _values(array, array.shape)
    flag = "" if array.writable else ", read-only"
    return f"{head}, {values}{flag}, {_held_by(array)})"


def html(array: SharedArray) -> str:
    """Return a table of one or two dimensions' values, else the text."""
    if not _is_a_table(array):
        return f"<pre>{markup.escape(text(array))}</pre>"
    rows = array if array.ndim == 2 else array.reshape(1, -1) if array.c_contiguous else [array]
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in _edges(rows, _row_gap))
    caption = f"SharedArray {markup.escape(repr(array.format))} {array.shape}, {markup.escape(_held_by(array))}"
    return f"<table><caption>{caption}</caption><tbody>{body}</tbody></table>"


def _is_a_table(array: SharedArray) -> bool:
    try:
        return array.ndim in (1, 2) and array.size > 0
    except ValueError:
        return False


def _held_by(array: SharedArray) -> str:
    return f"held by {', '.join(holders_of(array.id))}"


def _values(array: Any, shape: tuple[int, ...]) -> str:
    if not shape:
        return repr(array[()]) if hasattr(array, "shape") else repr(array)
    return f"[{', '.join(_values(item, shape[1:]) if item is not _gap else _GAP for item in _edges(array, _gap))}]"


_gap = object()
_row_gap = object()


def _edges(items: Any, gap: object) -> list[Any]:
    """Return all items, or the first and the last ones with a gap between them."""
    length = len(items)
    if length <= 2 * _EDGE:
        return [items[index] for index in range(length)]
    head = [items[index] for index in range(_EDGE)]
    return [*head, gap, *(items[index] for index in range(length - _EDGE, length))]


def _cells(row: Any) -> list[str]:
    if row is _row_gap:
        return [f"<td>{_GAP}</td>"]
    return [f"<td>{_GAP if item is _gap else markup.escape(repr(item))}</td>" for item in _edges(row, _gap)]
