"""The history of an interpreter's cells: in memory, with the cell numbers of the notebook."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from typing import Any

from IPython.core.history import HistoryManager

__all__ = ["CellHistory"]

_Entry = tuple[int, int, Any]  # session, line, input or (input, output)


class CellHistory(HistoryManager):
    """Serves ``%history``, ``%recall``, ``%rerun`` and the like without a database.

    ``In[n]`` is the cell with number ``[n]`` in the notebook. Cells that ran elsewhere are empty and omitted.
    """

    def store_inputs(self, line_num: int, source: str, source_raw: str | None = None) -> None:
        """Store the cell with that number and drop later ones, which exist if the notebook counts from 1 again."""
        for inputs in (self.input_hist_parsed, self.input_hist_raw):
            inputs.extend([""] * (line_num - len(inputs)))
            del inputs[line_num:]
        super().store_inputs(line_num, source, source_raw)
        self.db_input_cache.clear()

    def _get_range_session(
        self, start: int = 1, stop: int | None = None, raw: bool = True, output: bool = False
    ) -> Iterator[_Entry]:
        for entry in super()._get_range_session(start, stop, raw, output):
            if entry[2][0] if output else entry[2]:
                yield entry

    def get_tail(
        self, n: int | None = 10, raw: bool = True, output: bool = False, include_latest: bool = False
    ) -> Iterable[_Entry]:
        """Return the last `n` cells, without the one that is running."""
        entries = list(self._get_range_session(raw=raw, output=output))
        end = len(entries) if include_latest else len(entries) - 1
        return entries[max(0, end - (10 if n is None else n)) : max(0, end)]

    def search(  # noqa: PLR0913, PLR0917 - IPython's signature
        self,
        pattern: str = "*",
        raw: bool = True,
        search_raw: bool = True,
        output: bool = False,
        n: int | None = None,
        unique: bool = False,
    ) -> Iterable[_Entry]:
        """Return the cells whose source matches a glob pattern."""
        inputs = self.input_hist_raw if search_raw else self.input_hist_parsed
        found = [
            e for e in self._get_range_session(raw=raw, output=output) if fnmatch.fnmatchcase(inputs[e[1]], pattern)
        ]
        if unique:
            found = sorted({inputs[entry[1]]: entry for entry in found}.values(), key=lambda entry: entry[1])
        return found if n is None else found[max(0, len(found) - n) :]
