"""One SVG plot for each table. The same tables give the same files."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Any

from comparison.contenders import ALL, SEQUENTIAL
from comparison.ranking import is_ours
from comparison.tables import Table

__all__ = ["draw"]

OURS_COLOUR = "#c8102e"
COLOURS = (OURS_COLOUR, "#f4a582", "#1f4e79", "#5b9bd5", "#548235", "#bf9000", "#7f7f7f")  # in the order of ALL
OTHERS = ("#404040", "#a6a6a6", "#f4a582", "#806000", "#bfbfbf")


def draw(table: Table, folder: Path) -> Path:
    """Write the plot of a table; return the file."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": table.key, "svg.fonttype": "none", "font.size": 9})
    wide = len(table.columns) > 3 and not table.over
    figure = Figure(figsize=(9 if wide else 7, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(table.title)
    (_lines if table.over else _bars)(axes, table)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table.key}.svg"
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    return path


def _colour(name: str, number: int) -> str:
    """Give a pool the same colour in all plots."""
    if is_ours(name):
        return OURS_COLOUR
    return COLOURS[ALL.index(name)] if name in ALL else OTHERS[number % len(OTHERS)]


def _lines(axes: Any, table: Table) -> None:
    """Draw a value against a count, one line for each contender."""
    for number, (name, row) in enumerate(table.values.items()):
        points = [(int(c.replace(",", "")), v) for c, v in zip(table.columns, row, strict=True) if v is not None]
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name, color=_colour(name, number))
    axes.set_xscale("log")
    axes.set_xticks([int(column.replace(",", "")) for column in table.columns], table.columns)
    axes.minorticks_off()
    if table.logarithmic:
        axes.set_yscale("log")
    axes.set_xlabel(table.over)
    axes.set_ylabel(table.unit)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _bars(axes: Any, table: Table) -> None:
    """Draw a group of bars for each column, one bar for each contender."""
    names = [name for name in table.values if name != SEQUENTIAL]
    width = 0.85 / max(1, len(names))
    for number, name in enumerate(names):
        bars = [(column + number * width, v) for column, v in enumerate(table.values[name]) if v is not None]
        places, heights = zip(*bars, strict=True)
        axes.bar(places, heights, width * 0.92, label=name, color=_colour(name, number))
    axes.set_xticks(
        [column + 0.425 - width / 2 for column in range(len(table.columns))],
        [fill(column, 18) for column in table.columns],
    )
    if table.logarithmic:
        axes.set_yscale("log")
    axes.set_ylabel(table.unit)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
