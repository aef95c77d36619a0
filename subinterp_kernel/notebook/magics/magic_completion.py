"""Completion of the lines of ``%%subinterp``, ``%%subinterp_cython`` and ``%subinterp``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

from subinterp_kernel.notebook.magics import remote_completion
from subinterp_kernel.notebook.magics.argument_parser import LineParser, split_unfinished
from subinterp_kernel.notebook.magics.cython_options import cython_parser

__all__ = ["Found", "MagicCompletion", "magic_at"]

_CELL_MAGIC = re.compile(r"(?:%%(?P<magic>subinterp(?:_cython)?)(?:\s|$)|#\s*subinterp:)(?P<arguments>.*)")
_LINE_MAGIC = re.compile(r"\s*(?:[\w\s,]+=\s*)?%subinterp(?:\s|$)(?P<arguments>.*)")
_RUN = re.compile(r"\s*run\s+(?P<targets>\S+)\s+(?P<code>.*)")


@dataclass(frozen=True, slots=True)
class Found:
    """What may stand at the cursor.

    Attributes
    ----------
    fragment : str
        The text before the cursor that the words replace.
    words : list of str
        The best first; may be empty.
    """

    fragment: str
    words: list[str]


class MagicCompletion:
    """Completes arguments from the parsers of the magics.

    Parameters
    ----------
    cell : LineParser
        The parser of the cell magic.
    subcommands : mapping of str to LineParser
        The parsers of the line magic.
    """

    def __init__(self, cell: LineParser, subcommands: Mapping[str, LineParser]) -> None:
        self._cell = cell
        self._cython = cython_parser()
        self._subcommands = subcommands

    @context_matcher(identifier="SubinterpMagics.completion", priority=1000)
    def matcher(self, context: Any) -> dict[str, Any]:
        """Complete a line of the magics; for ``IPCompleter.custom_matchers``."""
        found = self.find(context.text_until_cursor, context.cursor_line)
        if found is None:
            return {"completions": []}
        completions = [SimpleCompletion(word, type="magic") for word in found.words]
        return {"completions": completions, "matched_fragment": found.fragment, "ordered": True, "suppress": True}

    def find(self, text: str, line_number: int = 0) -> Found | None:
        """Return what may stand at the cursor, or None outside of the arguments of a magic.

        Parameters
        ----------
        text : str
            The line, up to the cursor.
        line_number : int
            The number of the line in its cell, from 0. Cell magics are in the first one.
        """
        cell = None if line_number else _CELL_MAGIC.match(text)
        line = cell or _LINE_MAGIC.match(text)
        if line is None or text.endswith(("subinterp", "subinterp_cython")):
            return None
        expression = _RUN.match(line["arguments"]) if cell is None else None
        if expression is not None:
            return Found(*remote_completion.complete_expression(expression["targets"], expression["code"]))
        words = split_unfinished(line["arguments"])
        if words is None:  # in a comment
            return Found("", [])
        *finished, symbol = words
        if cell is not None:
            parser = self._cython if cell["magic"] == "subinterp_cython" else self._cell
            return Found(*parser.complete(finished, symbol))
        if not finished:
            return Found(symbol, [name for name in self._subcommands if name.startswith(symbol)])
        subcommand = self._subcommands.get(finished[0])
        return Found(symbol, []) if subcommand is None else Found(*subcommand.complete(finished[1:], symbol))


def magic_at(code: str, cursor: int) -> str | None:
    """Return the magic, such as ``"%%subinterp"``, if the cursor is in its line, else None."""
    start = code.rfind("\n", 0, cursor) + 1
    line = code[start:].partition("\n")[0]
    cell = None if start else _CELL_MAGIC.match(line)
    if cell:
        return f"%%{cell['magic'] or 'subinterp'}"
    return "%subinterp" if _LINE_MAGIC.match(line) else None
