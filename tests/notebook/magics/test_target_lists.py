"""One grammar for lists of interpreters: in cells and in each subcommand."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError
from magic_calls import cell, line

import subinterp_kernel as sk

LISTS = ["w1,w2,w3", "w1 w2 w3", "w1, w2 w3", "w1..w3", "w1..3", "w1,w2..w3 # all of them"]


def names():
    return [interpreter.name for interpreter in sk.list_all()[1:]]


@pytest.fixture
def three():
    return [sk.create(f"w{number}") for number in (1, 2, 3)]


@pytest.mark.parametrize("given", LISTS)
def test_cells_and_new_make_the_interpreters_of_a_list(shell, given):
    line(shell, f"new {given}")
    assert names() == ["w1", "w2", "w3"]
    cell(shell, given, "x = rank")
    assert [sk.get(name).get("x") for name in names()] == [0, 1, 2]


@pytest.mark.parametrize("given", [*LISTS, "w*", "w? # all of them"])
def test_reset_interrupt_and_close_take_the_same_lists(shell, three, given):
    for interpreter in three:
        interpreter.exec("x = 1")
    line(shell, f"interrupt {given}")
    line(shell, f"reset {given}")
    assert not any(interpreter.call(eval, "'x' in vars(__import__('__main__'))") for interpreter in three)
    line(shell, f"close {given}")
    assert names() == []


@pytest.mark.parametrize("given", ["w1,w2", "w1..w2", "w[12]"])
def test_push_and_run_take_a_list_in_one_word(shell, three, given):
    shell.push({"data": 5})
    line(shell, f"push {given} x=data")
    assert line(shell, f"run {given} x + rank").stdout.count("[w") == 2
    assert [three[0].get("x"), three[1].get("x")] == [5, 5]


def test_pull_takes_one_interpreter(shell, three):
    with pytest.raises(UsageError, match="takes one interpreter; `%%subinterp a,b -o x`"):
        line(shell, "pull w* x")


def test_wait_takes_lists_of_jobs_and_interpreters(shell, three):
    cell(shell, "w1 --bg", "1")
    cell(shell, "w2 --bg", "2")
    line(shell, "wait 1,2 --timeout 20")
    line(shell, "wait w1, w2 --timeout 20 # both")
    with pytest.raises(UsageError, match="no job 'w3'"):
        line(shell, "wait w1..w3")


@pytest.mark.parametrize("given", ["w1,", ",w1", "w1,,w2"])
@pytest.mark.parametrize("subcommand", ["new", "close", "reset", "interrupt", "use", "wait"])
def test_a_list_that_lacks_a_name_is_refused(shell, three, subcommand, given):
    with pytest.raises(UsageError, match="lacks a name: write NAME,NAME"):
        line(shell, f"{subcommand} {given}")


@pytest.mark.parametrize("given", ["-i x, y", "-i x,y # in", "-i x -i y", "-i x , y"])
def test_variables_are_lists_with_commas_and_spaces(shell, given):
    shell.push({"x": 1, "y": 2})
    cell(shell, f"a {given}", "z = x + y")
    assert sk.get("a").get("z") == 3
