"""The page of measured packages in the documentation, from the JSON of several runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.errors import DoctorError
from subinterp_kernel.doctor.output.words import NOT_TRIED, imports_mark, mark
from subinterp_kernel.doctor.records import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["packages_page", "read_report"]

_HEAD = """# Packages in sub-interpreters

Each row was measured by `subinterp-kernel doctor` on Linux; a dash means that it was not tried. The
table is generated from its JSON files by `python -m subinterp_kernel.doctor table F.json...`.

* *declared*: what the extension modules say; if they differ, what helps least. `own-gil` supports interpreters
  with GILs of their own. CPython refuses all others there: `shared-gil`, `absent` (they say nothing), `none` (main
  only), `single-phase`.
* *imports*: the package works where CPython's check is in force; `fallback` if it does so without modules that are
  refused. How much of it works without them was not tried.
* *survives*: three interpreters had it at once and agreed, and many more were made and destroyed, with
  `PYTHONMALLOC=debug`.
* *private copies*: three interpreters had it at once, from private copies of its extension modules, and agreed.
* *tests*: all of its own tests that pass in main pass in an interpreter, with private copies where it needs them.

| package | version | made with | Python | declared | imports | survives | private copies | tests | date |
|---|---|---|---|---|---|---|---|---|---|
"""


def packages_page(reports: Iterable[Report]) -> str:
    """Return the page, with the packages that have or need compiled parts, by name and Python."""
    rows = {_order(row): row for row in _rows(reports)}  # of several of a package, the last one
    return _HEAD + "".join(f"| {' | '.join(rows[key])} |\n" for key in sorted(rows))


def read_report(path: str) -> Report:
    """Return the report of a JSON file; DoctorError if it is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return Report.from_json(json.load(file))
    except OSError as error:
        raise DoctorError(f"{path} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DoctorError(f"{path} is not a report: write one with `subinterp-kernel doctor ... --json F`") from error


def _rows(reports: Iterable[Report]) -> Iterator[tuple[str, ...]]:
    for report in reports:
        for package in report.packages:
            levels = package.levels
            if package.modules and levels.declared:
                yield (
                    package.name, package.version, ", ".join(package.toolchains) or NOT_TRIED, report.python,
                    levels.declared,
                    imports_mark(package), mark(levels.survives), mark(levels.private), mark(levels.tests),
                    report.date,
                )  # fmt: skip


def _order(row: tuple[str, ...]) -> tuple[str, tuple[int, ...]]:
    return row[0].lower(), tuple(int(part) for part in row[3].split(".") if part.isdigit())
