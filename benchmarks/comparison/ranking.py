"""Sentences that say which contender is best in each column of a table, and how this package ranks."""

from __future__ import annotations

from dataclasses import dataclass

from comparison.contenders import OURS, SEQUENTIAL
from comparison.tables import EQUAL, Table

__all__ = ["is_ours", "sentences"]


@dataclass(frozen=True)
class Ranking:
    """Who is best in a column, the place of our best row (or who comes next), and its value by the best one."""

    first: tuple[str, ...]
    place: str
    ratio: float | None


def sentences(table: Table) -> list[str]:
    """Return a sentence for each group of columns in which the same contenders are best and ours has the same place."""
    groups: dict[tuple[tuple[str, ...], str], list[tuple[str, float | None]]] = {}
    for column in table.columns:
        if (ranking := _ranking(table, column)) is not None:
            groups.setdefault((ranking.first, ranking.place), []).append((column, ranking.ratio))
    return [_sentence(first, place, columns, table.over) for (first, place), columns in groups.items()]


def is_ours(contender: str) -> bool:
    """Tell whether a row is this package's."""
    return contender == OURS or contender.startswith((f"{OURS} ", "%%subinterp"))


def _ranking(table: Table, column: str) -> Ranking | None:
    ranked = {name: value for name, value in table.column(column).items() if name != SEQUENTIAL}
    if not ranked:
        return None
    leading = next(iter(ranked.values()))
    first = [name for name, value in ranked.items() if abs(value - leading) <= EQUAL * leading]
    ours = next((name for name in ranked if is_ours(name)), None)
    if ours is None:
        return Ranking(tuple(first), "", None)
    if ours in first:
        second = next((name for name in ranked if name not in first), None)
        return Ranking(tuple(first), f"then {second}" if second else "", _ratio(ranked.get(second or ""), leading))
    place = f"{ours} is number {list(ranked).index(ours) + 1} of {len(ranked)}"
    return Ranking(tuple(first), place, _ratio(ranked[ours], leading))


def _ratio(value: float | None, leading: float) -> float | None:
    """Return the value as a multiple of the best one, if there are both."""
    return value / leading if value is not None and leading > 0 else None


def _sentence(first: tuple[str, ...], place: str, columns: list[tuple[str, float | None]], over: str) -> str:
    names = "; ".join(column for column, _ in columns)
    text = f"{names}{' ' + over if over else ''}: **{' and '.join(first)}** {'is' if len(first) == 1 else 'are'} best"
    ratios = [ratio for _, ratio in columns if ratio is not None]
    return f"{text}; {place}{_range(ratios)}." if place else f"{text}."


def _range(ratios: list[float]) -> str:
    if not ratios:
        return ""
    low, high = (f"{ratio:.3g}" for ratio in (min(ratios), max(ratios)))
    return f" ({low} times the best)" if low == high else f" ({low} to {high} times the best)"
