"""Memory that all interpreters share, and the list of shared objects. Importable in every interpreter."""

from __future__ import annotations

from typing import TypedDict

from subinterp_kernel.bindings import control
from subinterp_kernel.bindings import memory as _memory

__all__ = [
    "CAPSULE_NAME",
    "SharedBlock",
    "SharedObjectInfo",
    "holders_of",
    "live_object_count",
    "memory_in_use",
    "memory_limit",
    "set_memory_limit",
    "shared_objects",
]

SharedBlock = _memory.SharedBlock
CAPSULE_NAME = _memory.CAPSULE_NAME
live_object_count = _memory.live_object_count
memory_in_use = _memory.memory_in_use
memory_limit = _memory.memory_limit
set_memory_limit = _memory.set_memory_limit

_MAIN_ID = 0
_IN_FLIGHT = -1


class SharedObjectInfo(TypedDict):
    """One shared object, as :func:`shared_objects` lists it."""

    id: int
    kind: str
    format: str
    shape: tuple[int, ...]
    nbytes: int
    holders: int
    held_by: dict[str, int]


def shared_objects() -> list[SharedObjectInfo]:
    """List the shared objects of the process, oldest first.

    Returns
    -------
    list of dict
        For each object: ``id``; ``kind`` (``"memory"``, or a class such as ``"Queue"``); ``format`` and ``shape``, as
        its creator gave them (empty if it is not memory); ``nbytes``; ``holders``, the number of references to it; and
        ``held_by``, the number of references by the name of the interpreter that has them, or ``"in flight"`` for
        messages and queue items.

    Notes
    -----
    Thread-safe, and callable from every interpreter.

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> a = sk.SharedArray((2, 3))
    >>> [(item["kind"], item["nbytes"], item["held_by"]) for item in sk.shared_objects()]
    [('memory', 48, {'main': 1})]
    >>> a.close()
    >>> sk.shared_objects()
    []
    """
    names = _names_of_interpreters()
    return [
        {
            "id": id,
            "kind": kind,
            "format": format,
            "shape": shape,
            "nbytes": nbytes,
            "holders": sum(count for _, count in holds),
            "held_by": {names.get(holder, f"interpreter {holder}"): count for holder, count in holds},
        }
        for id, kind, format, shape, nbytes, holds in _memory.rows()
    ]


def holders_of(id: int) -> list[str]:
    """Return the holders of the shared object with that id: names of interpreters, and ``"in flight"``."""
    for row in shared_objects():
        if row["id"] == id:
            return list(row["held_by"])
    return []


def _names_of_interpreters() -> dict[int, str]:
    named = {worker.interpreter_id: worker.name for worker in control.live() if worker.name}
    named |= {worker.interpreter_id: f"{worker.name} (left behind)" for worker in control.abandoned()}
    return {_MAIN_ID: "main", _IN_FLIGHT: "in flight", **named}
