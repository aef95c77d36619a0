"""Tracebacks of functions that were sent from a notebook cell show the cell's file and source."""

from __future__ import annotations

import linecache

import pytest

import subinterp_kernel as sk
from subinterp_kernel.messaging import source_lines

FRAME = '  File "{}", line 2, in f\n'


@pytest.fixture
def cell(tmp_path):
    """A file name that only linecache knows, as IPython's names of cells."""
    name = str(tmp_path / "cell.py")
    linecache.cache[name] = (None, None, ["def f(x):\n", "    return 1 / x\n"], name)
    yield name
    linecache.cache.pop(name)


def test_a_source_line_that_is_known_here_is_inserted(cell):
    text = FRAME.format(cell) + "ZeroDivisionError: division by zero\n"
    assert source_lines.completed(text) == text.replace("in f\n", "in f\n    return 1 / x\n")


def test_a_frame_with_its_source_stays_as_it_is(cell):
    text = FRAME.format(cell) + "    return 1 / x\n           ~~^~~\n"
    assert source_lines.completed(text) == text


def test_a_frame_of_an_unknown_file_stays_as_it_is(tmp_path):
    text = FRAME.format(tmp_path / "missing.py")
    assert source_lines.completed(text) == text


def test_a_function_of_main_keeps_its_file_in_another_interpreter(cell):
    namespace = {"__name__": "__main__"}
    exec(compile("def f(x):\n    return 1 / x\n", cell, "exec"), namespace)
    with sk.create() as interpreter, pytest.raises(sk.ExecutionFailed) as raised:
        interpreter.call(namespace["f"], 0)
    assert f"{FRAME.format(cell)}    return 1 / x\n" in raised.value.excinfo.errdisplay
