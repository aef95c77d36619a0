"""A report in a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from subinterp_kernel.doctor.errors import DoctorError
from subinterp_kernel.doctor.output.words import COLUMNS, NOT_TRIED, cells, refusals

if TYPE_CHECKING:
    from typing import Any

    from subinterp_kernel.doctor.records import Package, Report

__all__ = ["details", "import_rich", "print_report"]

_MOST_DETAILED = 5  # packages
_MOST_MODULES = 10
_WIDTH = 120  # characters, if this is not a terminal
_COLOURS = {"yes": "green", "no": "red", "own-gil": "green", "pure": "green", NOT_TRIED: "dim"}


def print_report(report: Report) -> None:
    """Print the table, and for a few packages what was found.

    Raises
    ------
    DoctorError
        rich is not installed.
    """
    console_module, table_module, text_module = import_rich("console", "table", "text")
    table = table_module.Table()
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for package in report.packages:
        table.add_row(*(text_module.Text(cell, style=_COLOURS.get(cell, "")) for cell in cells(package)))
    console = console_module.Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(table)
    if len(report.packages) <= _MOST_DETAILED:
        for package in report.packages:
            console.print("\n".join(details(package)), markup=False, highlight=False, soft_wrap=True)


def details(package: Package) -> list[str]:
    """Return what was found of a package as lines of text."""
    lines = [f"{package.name} {package.version}"]
    refused = list(refusals(package))
    for module, way in refused[:_MOST_MODULES]:
        lines += [f"  {module.name}: {module.refused_because}", *([f"    {way}"] if way else [])]
    if len(refused) > _MOST_MODULES:
        lines.append(f"  {len(refused) - _MOST_MODULES} more modules, which --json and --html list")
    lines += [f"  found: {finding}" for finding in package.findings]
    lines += [f"  advice: {each}" for each in package.advice]
    return lines if len(lines) > 1 else []


def import_rich(*modules: str) -> list[Any]:
    """Return modules of rich; DoctorError if it is not installed."""
    from importlib import import_module

    try:
        return [import_module(f"rich.{name}") for name in modules]
    except ImportError as error:
        raise DoctorError(
            "the doctor prints with rich, which is not installed: install it with "
            "`pip install 'subinterp-kernel[doctor]'`, or write a file with --json F and --quiet"
        ) from error
