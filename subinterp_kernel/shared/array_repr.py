"""The repr of a shared array: its shape, its first and last values, and its holders."""

from __future__ import annotations

import html as markup
from typing import TYPE_CHECKING, Any

from subinterp_kernel.shared.array_dtype import name_of
from subinterp_kernel.shared.memory import holders_of

if TYPE_CHECKING:
    from subinterp_kernel.bindings import array as _array

__all__ = ["html", "text"]

_EDGE = 3  # items shown at each end of a dimension
_MAX_DIMENSIONS = 4  # with more dimensions, only the shape is shown
_GAP = "…"


def text(array: _array.ArrayMemory) -> str:
    """Return ``SharedArray((2, 3), 'float64', [[…], […]], held by main)``."""
    try:
        head = f"SharedArray({array.shape}, {name_of(array.format)!r}"
    except ValueError:
        return "<SharedArray, closed>"
    values = _GAP if array.ndim > _MAX_DIMENSIONS else _values(array, array.shape)
    flag = "" if array.writable else ", read-only"
    return f"{head}, {values}{flag}, {_held_by(array)})"


def html(array: _array.ArrayMemory) -> str:
    """Return an HTML table if there are one or two dimensions, else the text."""
    if not _is_a_table(array):
        return f"<pre>{markup.escape(text(array))}</pre>"
    rows = array if array.ndim == 2 else [array]
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in _edges(rows, _row_gap))
    caption = f"SharedArray {array.shape} {name_of(array.format)}, {markup.escape(_held_by(array))}"
    return f"<table><caption>{caption}</caption><tbody>{body}</tbody></table>"


def _is_a_table(array: _array.ArrayMemory) -> bool:
    try:
        return array.ndim in (1, 2) and array.size > 0
    except ValueError:
        return False


def _held_by(array: _array.ArrayMemory) -> str:
    return f"held by {', '.join(holders_of(array.id))}"


def _values(array: Any, shape: tuple[int, ...]) -> str:
    if not shape:
        return repr(array[()]) if hasattr(array, "shape") else repr(array)
    return f"[{', '.join(_values(item, shape[1:]) if item is not _gap else _GAP for item in _edges(array, _gap))}]"


_gap = object()
_row_gap = object()


def _edges(items: Any, gap: object) -> list[Any]:
    """Return all items, or the first and last few with `gap` between them."""
    length = len(items)
    if length <= 2 * _EDGE:
        return [items[index] for index in range(length)]
    head = [items[index] for index in range(_EDGE)]
    return [*head, gap, *(items[index] for index in range(length - _EDGE, length))]


def _cells(row: Any) -> list[str]:
    if row is _row_gap:
        return [f"<td>{_GAP}</td>"]
    return [f"<td>{_GAP if item is _gap else markup.escape(repr(item))}</td>" for item in _edges(row, _gap)]
