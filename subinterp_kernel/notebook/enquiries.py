"""Completion and inspection of a cell in another interpreter, answered there if it can answer soon."""

from __future__ import annotations

import json
import marshal
from typing import Any

from subinterp_kernel import protocol, registry
from subinterp_kernel.errors import ClosedError, InterpreterNotFoundError
from subinterp_kernel.notebook.routing import Route

__all__ = ["complete", "inspect"]

_PATIENCE = 0.5  # seconds; an interpreter that is in C code, with its GIL, cannot answer


def complete(route: Route, cursor: int) -> dict[str, Any] | None:
    """Return the content of a complete_reply for the whole cell, or None if the interpreter cannot answer.

    Parameters
    ----------
    route : Route
        Of the cell.
    cursor : int
        Position in the cell, in characters, within the body.
    """
    content = _ask(route.name, protocol.COMPLETE, (route.body, cursor - route.offset))
    return None if content is None else shifted(content, route.offset)


def inspect(route: Route, cursor: int, detail_level: int, omit_sections: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the content of an inspect_reply, or None if the interpreter cannot answer."""
    return _ask(route.name, protocol.INSPECT, (route.body, cursor - route.offset, detail_level, omit_sections))


def shifted(content: dict[str, Any], offset: int) -> dict[str, Any]:
    """Return a complete_reply for the body as one for the cell, in which so many characters come before it."""
    types = [
        {**one, "start": one["start"] + offset, "end": one["end"] + offset}
        for one in content["metadata"].get("_jupyter_types_experimental", ())
    ]
    return {
        **content,
        "cursor_start": content["cursor_start"] + offset,
        "cursor_end": content["cursor_end"] + offset,
        "metadata": {"_jupyter_types_experimental": types} if types else {},
    }


def _ask(name: str, kind: int, fields: tuple[Any, ...]) -> dict[str, Any] | None:
    try:
        worker = registry.get(name)._worker
        if worker is None:
            return None
        query = worker.request(kind, marshal.dumps(fields))
        query.post_aside()
    except (InterpreterNotFoundError, ClosedError):
        return None
    if not query.wait(_PATIENCE):
        return None
    kind, payload = query.reply()
    return json.loads(payload) if kind == protocol.ANSWERED else None
