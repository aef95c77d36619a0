"""Interpreters, and what they share, as a person sees them: rich tables in text, plain ones in HTML."""

from __future__ import annotations

import html
import io
import marshal
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from subinterp_kernel import protocol, registry
from subinterp_kernel.errors import ClosedError
from subinterp_kernel.interpreter import Interpreter
from subinterp_kernel.memory import SharedInfo, shared_blocks

if TYPE_CHECKING:
    from subinterp_kernel.notebook.jobs import Job

__all__ = ["InterpreterTable", "JobTable", "SharedTable"]

_CENSUS_PATIENCE = 0.5  # seconds that an idle interpreter may take to count its memory
_WIDTH = 100
_CODE_WIDTH = 40


class Listing:
    """Rows under headings, shown as a table.

    Attributes
    ----------
    rows : list of tuple of str
        What the cells show.
    """

    headings: tuple[str, ...] = ()

    def __init__(self, rows: list[tuple[str, ...]]) -> None:
        self.rows = rows

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": self._text(), "text/html": self._html()}

    def __repr__(self) -> str:
        return self._text()

    def _text(self) -> str:
        table = Table(*self.headings)
        for row in self.rows:
            table.add_row(*map(escape, row))
        file = io.StringIO()
        Console(file=file, width=_WIDTH, force_jupyter=False, force_terminal=False).print(table)
        return file.getvalue().rstrip("\n")

    def _html(self) -> str:
        head = "".join(f"<th>{heading}</th>" for heading in self.headings)
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class InterpreterTable(Listing):
    """All interpreters at the moment when it was made, the main one first.

    The memory is that of an interpreter's objects, where it could be asked. An arrow points to where plain cells go.

    Parameters
    ----------
    active : str, optional
        The name of the interpreter that plain cells go to, if that is not the main one.
    """

    headings = ("name", "id", "GIL", "state", "cells", "memory")

    def __init__(self, active: str | None = None) -> None:
        super().__init__([_row(interpreter, active) for interpreter in registry.list_all()])


class SharedTable(Listing):
    """What interpreters share at the moment when it was made, oldest first, and who holds it."""

    headings = ("id", "kind", "format", "shape", "bytes", "held by")

    def __init__(self) -> None:
        super().__init__([_shared_row(row) for row in shared_blocks()])


class JobTable(Listing):
    """Background cells at the moment when it was made: all that have not ended, and the last that have, oldest first.

    Parameters
    ----------
    jobs : iterable of Job
        Its rows.
    """

    headings = ("job", "in", "state", "time", "progress", "code")

    def __init__(self, jobs: Iterable[Job]) -> None:
        super().__init__([_job_row(job) for job in jobs])


def _job_row(job: Job) -> tuple[str, ...]:
    lines = [line for line in job.code.splitlines() if line.strip()]
    code = lines[0].strip() if lines else ""
    progress = "" if job.progress is None else f"{job.progress[0]:.0%} {job.progress[1]}".rstrip()
    elapsed = f"{job.elapsed:.1f} s" if job.elapsed else ""
    return str(job.number), ", ".join(job.names), job.state, elapsed, progress, code[:_CODE_WIDTH]


def _shared_row(row: SharedInfo) -> tuple[str, ...]:
    is_memory = row["kind"] == "memory"
    held_by = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in row["held_by"].items())
    shape = str(row["shape"]) if is_memory else ""
    return str(row["id"]), row["kind"], row["format"], shape, f"{row['nbytes']:,}", held_by


def _row(interpreter: Interpreter, active: str | None) -> tuple[str, ...]:
    name = f"→ {interpreter.name}" if interpreter.name == active else interpreter.name
    if interpreter._worker is None:
        return name, str(interpreter.id), "main", "running", "", ""
    cells = str(interpreter.cells_run)
    return name, str(interpreter.id), interpreter.gil, interpreter.state, cells, _memory(interpreter)


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
