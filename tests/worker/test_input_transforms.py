"""Cells without IPython's syntax skip the tokenizer; the result is what IPython's own transforms give."""

from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from subinterp_kernel.worker.input_transforms import QuickTransformerManager

CELLS = [
    "x = 1", "x = 5 % 3\ny = a != b", "%time x", "a = %time x", "a = !ls", "a = \\\n  %x\n", "a = \\\n%x", "a=\n%b",
    "x?", "x??", "?x", "/f x", ",f x", ";f x", "!ls", "\t!x", "if 1:\n    %x", "if 1:\n    x = 1\n", "(\n%x)",
    '"""\n%x\n"""', 'f"{x!r}"', "# ?", ">>> x = 1", "In [1]: x", "%%time\nx = %y", "\x0c%x", "a = 1;\x0b%x",
    "x = 1\r%y", "x = (", "x = 'a", "a\\\n?",
]  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_becomes_what_ipython_makes_of_it(cell):
    assert QuickTransformerManager().transform_cell(cell) == TransformerManager().transform_cell(cell)


def test_wrong_indentation_is_found_as_by_ipython():
    with pytest.raises(IndentationError, match="unindent"):
        QuickTransformerManager().transform_cell("if 1:\n        x = 1\n    y = 2\n")


class UpperCase:
    """A token transform of the user's."""

    start_line, start_col = 0, 0

    @classmethod
    def find(cls, tokens_by_line):
        return cls() if tokens_by_line[0][0].string.islower() else None

    @staticmethod
    def transform(lines):
        return [line.upper() for line in lines]

    priority = 10
    sortby = start_line


def test_token_transforms_of_the_user_are_always_applied():
    manager = QuickTransformerManager()
    manager.token_transformers.append(UpperCase)
    assert manager.transform_cell("x = y") == "X = Y\n"


def test_a_plain_cell_is_not_tokenized(monkeypatch):
    monkeypatch.setattr("IPython.core.inputtransformer2.make_tokens_by_line", lambda _lines: pytest.fail("tokenized"))
    assert QuickTransformerManager().transform_cell("x = 1\nprint(x)") == "x = 1\nprint(x)\n"
