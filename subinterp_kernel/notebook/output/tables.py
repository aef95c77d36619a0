"""Tables of interpreters, jobs and shared objects, as text and as HTML."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from subinterp_kernel.doctor.output.text import details
from subinterp_kernel.doctor.output.words import COLUMNS, cells
from subinterp_kernel.doctor.records import Report
from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.notebook.output.job_status import JobStatus
from subinterp_kernel.notebook.stuck import is_stuck
from subinterp_kernel.shared.memory import SharedObjectInfo, shared_objects

__all__ = ["DoctorTable", "InterpreterTable", "JobTable", "PackageTable", "SharedObjectTable"]

_WIDTH = 100
_CODE_WIDTH = 40


class _DisplayedTable:
    """Rows under headings.

    Attributes
    ----------
    rows : list of tuple of str
        The texts of the cells.
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


class InterpreterTable(_DisplayedTable):
    """All interpreters at the time when the table was made, the main one first.

    Memory is shown for idle interpreters only. An arrow marks the interpreters that plain cells run in.

    Parameters
    ----------
    active : str, optional
        The interpreters that plain cells run in, with commas between their names, if that is not the main one.
    """

    headings = ("name", "id", "GIL", "state", "cells", "memory")

    def __init__(self, active: str | None = None) -> None:
        listed = [*registry.list_all(), *registry.left_behind()]
        super().__init__([_row(interpreter, active) for interpreter in listed])


class SharedObjectTable(_DisplayedTable):
    """All shared objects at the time when the table was made, oldest first, and their holders."""

    headings = ("id", "kind", "format", "shape", "bytes", "held by")

    def __init__(self) -> None:
        super().__init__([_shared_row(row) for row in shared_objects()])


class PackageTable(_DisplayedTable):
    """The packages with extension modules that an interpreter has loaded, without those of the standard library.

    The memory is what private copies have for themselves: they share the pages that are not written.

    Parameters
    ----------
    extensions : list of tuple
        As :func:`subinterp_kernel.extensions.importer.loaded` returns them.
    """

    headings = ("package", "modules", "loaded", "memory")

    def __init__(self, extensions: list[tuple[str, str, str, int]]) -> None:
        packages: dict[str, list[int]] = {}
        for name, _, _, nbytes in extensions:
            packages.setdefault(name.partition(".")[0], []).append(nbytes)
        super().__init__([_package_row(name, sizes) for name, sizes in packages.items()])


class DoctorTable(_DisplayedTable):
    """How well packages work in sub-interpreters, with what was found of each below the table.

    Parameters
    ----------
    report : Report
        What the doctor has found.
    """

    headings = COLUMNS

    def __init__(self, report: Report) -> None:
        super().__init__([cells(package) for package in report.packages])
        self._details = "\n".join(line for package in report.packages for line in details(package))

    def _text(self) -> str:
        return f"{super()._text()}\n{self._details}".rstrip("\n")

    def _html(self) -> str:
        return f"{super()._html()}<pre>{html.escape(self._details)}</pre>" if self._details else super()._html()


class JobTable(_DisplayedTable):
    """Jobs at the time when the table was made, oldest first.

    Parameters
    ----------
    jobs : iterable of JobStatus
        The rows.
    """

    headings = ("job", "in", "state", "time", "progress", "code")

    def __init__(self, jobs: Iterable[JobStatus]) -> None:
        super().__init__([_job_row(job) for job in jobs])


def _job_row(job: JobStatus) -> tuple[str, ...]:
    lines = [line for line in job.code.splitlines() if line.strip()]
    code = lines[0].strip() if lines else ""
    progress = "" if job.progress is None else f"{job.progress[0]:.0%} {job.progress[1]}".rstrip()
    elapsed = f"{job.elapsed:.1f} s" if job.elapsed else ""
    return str(job.number), ", ".join(job.names), job.state, elapsed, progress, code[:_CODE_WIDTH]


def _package_row(name: str, sizes: list[int]) -> tuple[str, ...]:
    private = sum(size > 0 for size in sizes)
    how = "as usual" if not private else "private copies" if private == len(sizes) else f"{private} private copies"
    return name, str(len(sizes)), how, f"{sum(sizes) / 2**20:.1f} MiB"


def _shared_row(row: SharedObjectInfo) -> tuple[str, ...]:
    is_memory = row["kind"] == "memory"
    held_by = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in row["held_by"].items())
    shape = str(row["shape"]) if is_memory else ""
    return str(row["id"]), row["kind"], row["format"], shape, f"{row['nbytes']:,}", held_by


def _row(interpreter: Interpreter, active: str | None) -> tuple[str, ...]:
    name = f"→ {interpreter.name}" if active and interpreter.name in active.split(",") else interpreter.name
    if interpreter.name == MAIN_NAME:
        return name, str(interpreter.id), "main", "running", "", ""
    cells = str(interpreter.cells_run)
    return name, str(interpreter.id), interpreter.gil, _state(interpreter), cells, _memory(interpreter)


def _state(interpreter: Interpreter) -> str:
    if interpreter.state == "abandoned":
        return "left behind"
    return "stuck" if is_stuck(interpreter) else interpreter.state


def _memory(interpreter: Interpreter) -> str:
    nbytes = interpreter.memory_usage()
    return "" if nbytes is None else f"{nbytes / 2**20:.1f} MiB"
