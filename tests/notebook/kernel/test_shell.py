"""The kernel's shell runs the calls of cell magics without tokens; everything else is ipykernel's."""

from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from subinterp_kernel.notebook.kernel.shell import CellMagicTransformerManager, NotebookShell

CELLS = [
    "%%subinterp a\nx = 1", "%%subinterp a\nx = %y\nz?", '%%subinterp "a b"\nprint("\'")', "%%time", "%%sh\na \\\nb",
    "get_ipython().run_cell_magic('a', 'b', 'c')?", "get_ipython().run_cell_magic('a', 'b', 'c'); x = %time f()",
    "x = %time f()", "x = 1",
]  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_becomes_what_ipython_makes_of_it(cell):
    assert CellMagicTransformerManager().transform_cell(cell) == TransformerManager().transform_cell(cell)


def test_the_cell_of_a_magic_is_not_tokenized(monkeypatch):
    monkeypatch.setattr("IPython.core.inputtransformer2.make_tokens_by_line", lambda _lines: pytest.fail("tokenized"))
    call = "get_ipython().run_cell_magic('subinterp', 'a', 'x = %y\\n')\n"
    assert CellMagicTransformerManager().transform_cell("%%subinterp a\nx = %y") == call


def test_the_shell_has_the_name_that_libraries_look_for(kernel):
    assert kernel.run("type(get_ipython()).__name__").result == "'ZMQInteractiveShell'"


def test_a_cell_magic_needs_no_event_loop_although_its_cell_awaits():
    call = "get_ipython().run_cell_magic('subinterp', 'a', 'await x')\n"
    assert not NotebookShell.should_run_async(None, "%%subinterp a\nawait x", transformed_cell=call)


def test_a_plain_cell_may_still_await(kernel):
    assert kernel.run("import asyncio\nawait asyncio.sleep(0, 'waited')").result == "'waited'"
