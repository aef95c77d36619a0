"""A fault in a cell: code that does something wrong, and what must hold afterwards."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHAIN", "CLASS", "LOOP", "STARTED", "VALUE", "Fault", "row"]


@dataclass(frozen=True)
class Fault:
    """One faulty cell, and what must hold afterwards."""

    code: str
    options: str = ""  # of the first line, after the name
    error: str = ""  # the exception that the cell must report; without one, the cell must succeed
    stop: bool = False  # interrupt the cell when it has printed "started"
    answers: bool = True  # whether the same interpreter must answer afterwards, or may be closed or abandoned
    alone: bool = False  # in a kernel of its own
    stderr: str = ""  # a pattern for what the kernel may write to its stderr
    broken: str = ""  # what happens instead, if the kernel does not survive the fault today


def row(code: str, error: str = "", **details: object) -> Fault:
    """Return a fault that must report that error."""
    return Fault(code, error=error, **details)  # type: ignore[arg-type]


CLASS = "class Bad(Exception):\n    def {0}(self, *a, **k): raise RuntimeError('bad')\n"
VALUE = "class Bad:\n    def {0}(self, *a, **k): raise RuntimeError('bad')\n"
STARTED = "print('started')\n"
LOOP = "while True: pass"
CHAIN = "e = None\nfor n in range(2000):\n    x = ValueError(n)\n    x.__cause__ = e\n    e = x\nraise e"
