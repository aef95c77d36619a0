"""Finds out without the tokenizer that a cell has none of IPython's syntax: most have none, and are done sooner."""

from __future__ import annotations

import re

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["QuickTransformerManager"]

# Where IPython's token transforms may find something: a first character of a line, an assignment of a magic or of a
# shell command, a question mark; an indented line, of which the tokenizer tells if its indentation is wrong; and what
# it cannot encode.
_MAY_APPLY = re.compile(r"^[ \t\f%!?,;/]|=[\s\\]*[%!]|\?|\\$|[\ud800-\udfff]")


class QuickTransformerManager(TransformerManager):  # type: ignore[misc]
    """IPython's input transforms, of which those that need tokens are skipped where they would change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._known = list(self.token_transformers)

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """Apply the transforms that need tokens.

        Parameters
        ----------
        lines : list of str
            The lines of a cell, with their ends.
        """
        if self.token_transformers == self._known and not any(map(_MAY_APPLY.search, lines)):
            return lines
        transformed: list[str] = super().do_token_transforms(lines)
        return transformed
