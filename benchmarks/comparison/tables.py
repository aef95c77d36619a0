"""A table of measured values: one row for each contender, one column for each situation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["EQUAL", "Table"]

EQUAL = 0.03  # values that differ by less than this part are not told apart


@dataclass
class Table:
    """The values in `unit`, and the samples that they come from: seconds, or MiB; None is what was not measured."""

    key: str
    title: str
    unit: str
    columns: list[str]
    note: str = ""
    higher_is_better: bool = False
    logarithmic: bool = False  # in the plot
    over: str = ""  # what the columns count; a plot of lines then
    values: dict[str, list[float | None]] = field(default_factory=dict)
    samples: dict[str, list[list[float]]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def put(self, contender: str, column: str, value: float, samples: list[float]) -> None:
        """Set one value."""
        number = self.columns.index(column)
        self.values.setdefault(contender, [None] * len(self.columns))[number] = float(f"{value:.4g}")
        rows = self.samples.setdefault(contender, [[] for _ in self.columns])
        rows[number] = [float(f"{sample:.4g}") for sample in samples]

    def column(self, name: str) -> dict[str, float]:
        """Return the measured values of a column, the best one first."""
        number = self.columns.index(name)
        found = {contender: row[number] for contender, row in self.values.items()}
        measured = {contender: value for contender, value in found.items() if value is not None}
        return dict(sorted(measured.items(), key=lambda entry: entry[1], reverse=self.higher_is_better))

    def as_json(self) -> dict[str, Any]:
        """Return what ``Table(**…)`` makes this table of."""
        return asdict(self)
