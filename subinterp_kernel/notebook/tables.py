"""The list of interpreters as a person sees it: a rich table in text, a plain one in HTML."""

from __future__ import annotations

import html
import io
import marshal
from dataclasses import astuple, dataclass, fields
from typing import Any

from rich.console import Console
from rich.table import Table

from subinterp_kernel import protocol, registry
from subinterp_kernel.errors import ClosedError
from subinterp_kernel.interpreter import Interpreter

__all__ = ["InterpreterTable", "Row"]

_CENSUS_PATIENCE = 0.5  # seconds that an idle interpreter may take to count its memory
_WIDTH = 100


@dataclass(frozen=True)
class Row:
    """One interpreter: name, id, GIL, state, cells run, and the memory of its objects where it could be asked."""

    name: str
    id: int
    gil: str
    state: str
    cells: str
    memory: str


class InterpreterTable:
    """All interpreters at the moment when it was made.

    Attributes
    ----------
    rows : list of Row
        The main interpreter first.
    """

    def __init__(self) -> None:
        self.rows = [_row(interpreter) for interpreter in registry.list_all()]

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": self._text(), "text/html": self._html()}

    def __repr__(self) -> str:
        return self._text()

    def _text(self) -> str:
        table = Table(*_HEADINGS)
        for row in self.rows:
            table.add_row(*(str(cell) for cell in astuple(row)))
        file = io.StringIO()
        Console(file=file, width=_WIDTH, force_jupyter=False, force_terminal=False).print(table)
        return file.getvalue().rstrip("\n")

    def _html(self) -> str:
        head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in astuple(row))}</tr>" for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_HEADINGS = [field.name if field.name != "gil" else "GIL" for field in fields(Row)]


def _row(interpreter: Interpreter) -> Row:
    worker = interpreter._worker
    if worker is None:
        return Row(interpreter.name, interpreter.id, "main", "running", "", "")
    cells = str(interpreter.cells_run)
    return Row(interpreter.name, interpreter.id, interpreter.gil, interpreter.state, cells, _memory(interpreter))


def _memory(interpreter: Interpreter) -> str:
    # Only an idle interpreter can count its objects; the others show nothing.
    worker = interpreter._worker
    if worker is None or interpreter.state != "idle":
        return ""
    try:
        request = worker.request(protocol.CENSUS, b"")
        request.post()
    except ClosedError:
        return ""
    if not request.wait(_CENSUS_PATIENCE):
        return ""
    kind, payload = request.reply()
    return f"{marshal.loads(payload) / 2**20:.1f} MiB" if kind == protocol.RETURNED else ""
