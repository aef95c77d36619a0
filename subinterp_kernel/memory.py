"""Memory that every interpreter of the process sees, and who holds it. Importable in every interpreter."""

from __future__ import annotations

from typing import TypedDict

from subinterp_kernel.compiled import lifecycle
from subinterp_kernel.compiled import memory as _memory

__all__ = [
    "CAPSULE_NAME",
    "SharedBlock",
    "SharedInfo",
    "holders_of",
    "live_block_count",
    "memory_in_use",
    "memory_limit",
    "set_memory_limit",
    "shared_blocks",
]

SharedBlock = _memory.SharedBlock
CAPSULE_NAME = _memory.CAPSULE_NAME
live_block_count = _memory.live_block_count
memory_in_use = _memory.memory_in_use
memory_limit = _memory.memory_limit
set_memory_limit = _memory.set_memory_limit

_MAIN_ID = 0
_IN_FLIGHT = -1


class SharedInfo(TypedDict):
    """One shared object, as :func:`shared_blocks` lists it."""

    id: int
    kind: str
    format: str
    shape: tuple[int, ...]
    nbytes: int
    holders: int
    held_by: dict[str, int]


def shared_blocks() -> list[SharedInfo]:
    """Return what is shared in the process now, oldest first.

    Returns
    -------
    list of dict
        ``id``; ``kind`` (``"memory"``, or a class such as ``"Queue"``); ``format`` and ``shape`` as given by the maker
        (empty for what is no memory); ``nbytes``; ``holders``, how many holds there are; ``held_by``, how many by
        whom: names of interpreters, and ``"in flight"`` for messages and queues that contain it.
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
    """Return who holds the shared object of that id: names of interpreters, ``"in flight"``."""
    for row in shared_blocks():
        if row["id"] == id:
            return list(row["held_by"])
    return []


def _names_of_interpreters() -> dict[int, str]:
    named = {worker.interpreter_id: worker.name for worker in lifecycle.live() if worker.name}
    return {_MAIN_ID: "main", _IN_FLIGHT: "in flight", **named}
