"""What an interpreter is told to do."""

from __future__ import annotations

import dataclasses

__all__ = ["Assignment"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Assignment:
    """One interpreter's part of a session.

    Attributes
    ----------
    number, count : int
        Which interpreter it is, from 1, and how many there are.
    pipe : int
        The descriptor to write events to.
    arguments : list of str
        The command line of pytest.
    extensions : {"auto", "strict", "private"}
        How to load extension modules.
    done : list of str
        The ids of the tests that have run before, in another process.
    """

    number: int
    count: int
    pipe: int
    arguments: list[str]
    extensions: str
    done: list[str]
