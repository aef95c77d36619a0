"""Completion and inspection of code for another interpreter, answered by that interpreter unless it takes too long."""

from __future__ import annotations

import json
import marshal
from typing import Any

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.interpreter import worker_of
from subinterp_kernel.messaging import protocol
from subinterp_kernel.notebook.execution.cell_request import CellRequest
from subinterp_kernel.notebook.execution.targets import first_live_target

__all__ = ["complete", "complete_expression", "inspect", "shifted", "variables"]

_TIMEOUT = 0.5  # seconds; an interpreter whose GIL is held by C code cannot answer


def complete(request: CellRequest, cursor: int) -> dict[str, Any] | None:
    """Return the content of a complete_reply for the whole cell, or None if the interpreter cannot answer.

    Parameters
    ----------
    request : CellRequest
        The cell.
    cursor : int
        The position in the cell, in characters; within the body.
    """
    content = _query(request.targets, protocol.COMPLETE, (request.body, cursor - request.offset))
    return None if content is None else shifted(content, request.offset)


def inspect(
    request: CellRequest, cursor: int, detail_level: int, omit_sections: tuple[str, ...]
) -> dict[str, Any] | None:
    """Return the content of an inspect_reply, or None if the interpreter cannot answer."""
    fields = (request.body, cursor - request.offset, detail_level, omit_sections)
    return _query(request.targets, protocol.INSPECT, fields)


def complete_expression(targets: str, code: str) -> tuple[str, list[str]]:
    """Return the end of the code that may be replaced, and what may stand there; nothing if no target can answer.

    Parameters
    ----------
    targets : str
        A list of interpreters; the first one that exists answers.
    code : str
        The code, up to the cursor.
    """
    if not code.strip():  # IPython offers all that is built in, too
        return "", variables(targets)
    content = _query(targets, protocol.COMPLETE, (code, len(code)))
    return ("", []) if content is None else (code[content["cursor_start"] :], content["matches"])


def variables(targets: str) -> list[str]:
    """Return the names of the variables in the first interpreter of a list that exists."""
    content = _query(targets, protocol.VARIABLES, ())
    return [] if content is None else content["names"]


def shifted(content: dict[str, Any], offset: int) -> dict[str, Any]:
    """Return a complete_reply for the body as one for the cell, in which `offset` characters precede the body."""
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


def _query(targets: str, kind: int, fields: tuple[Any, ...]) -> dict[str, Any] | None:
    name = first_live_target(targets)
    if name is None:
        return None
    try:
        query = worker_of(registry.get(name)).request(kind, marshal.dumps(fields))
        query.post_aside()
    except InterpreterError:
        return None
    if not query.wait(_TIMEOUT):
        return None
    kind, payload = query.reply()
    return json.loads(payload) if kind == protocol.QUERY_ANSWER else None
