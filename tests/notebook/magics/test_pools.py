"""The subcommands for parallel work: pools, maps, and sequences that are divided among interpreters."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError
from magic_calls import cell, line

import subinterp_kernel as sk


def names():
    return [interpreter.name for interpreter in sk.list_all()[1:]]


def test_a_map_binds_the_results_in_the_order_of_the_items(shell):
    shell.run_cell("def square(x): return x * x")
    line(shell, "map square range(20) -o squares --workers 2")
    assert shell.user_ns["squares"] == [n * n for n in range(20)]


def test_a_map_without_a_name_for_the_results_returns_them(shell):
    assert shell.run_line_magic("subinterp", "map abs [-1,-2]") == [1, 2]


def test_maps_use_the_interpreters_of_the_map_before(shell):
    line(shell, "map abs [-1,-2] --workers 2")
    before = names()
    line(shell, "map abs [-3]")
    assert names() == before
    line(shell, "map abs [-3] --workers 1")
    assert len(names()) == 1


def test_a_map_that_fails_keeps_the_results_before(shell):
    shell.run_cell("def invert(x): return 1 / x")
    with pytest.raises(ZeroDivisionError):
        line(shell, "map invert [1,2,0] -o inverted")
    assert shell.user_ns["inverted"] == [1, 0.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nowhere [1]", "name 'nowhere' is not defined: write the function and the items as they are named"),
        ("abs 5", "5 is not iterable, but int: write map FUNCTION ITEMS"),
        ("5 [5]", "5 is not a function, but int: write map FUNCTION ITEMS"),
        ("abs [1", "is not an expression: quote it if it has spaces in it"),
        ("abs [1] --pool crowd", "there is no pool 'crowd'; `%subinterp pool crowd` makes it"),
        ("abs [1] --workers 0", "'0' is not a valid number of interpreters: write 1 to 1000"),
        ("abs [1] -o 1x", "'1x' is not a valid variable name"),
    ],
)
def test_what_is_wrong_with_a_map_is_said_in_one_sentence(shell, arguments, message):
    with pytest.raises(UsageError, match=message.replace("[", r"\[")):
        line(shell, f"map {arguments}")


def test_a_pool_has_its_interpreters_at_once_and_is_a_variable(shell):
    line(shell, "pool crowd -n 2")
    assert names() == ["crowd_0", "crowd_1"]
    assert isinstance(shell.user_ns["crowd"], sk.InterpreterPoolExecutor)
    assert shell.user_ns["crowd"].submit(abs, -1).result(60) == 1


def test_a_cell_runs_in_all_interpreters_of_a_pool_and_a_map_uses_them(shell):
    line(shell, "pool crowd -n 2")
    cell(shell, "pool:crowd", "import sys; sys.prepared = rank")
    shell.run_cell("def prepared(_):\n    import sys\n    return sys.prepared")
    assert set(shell.run_line_magic("subinterp", "map prepared range(10) --pool crowd")) <= {0, 1}


def test_closing_a_pool_ends_its_interpreters_and_frees_its_name(shell):
    line(shell, "pool crowd -n 2")
    line(shell, "close pool:crowd")
    assert names() == []
    line(shell, "pool crowd -n 1")
    line(shell, "close --all")
    assert names() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("pool taken", "the notebook has a variable 'taken' already: choose another name for the pool"),
        ("pool not-a-name", "'not-a-name' is not a valid variable name"),
        ("close pool:nowhere", "there is no pool 'nowhere'"),
    ],
)
def test_what_is_wrong_with_a_pool_is_said_in_one_sentence(shell, arguments, message):
    shell.user_ns["taken"] = 5
    with pytest.raises(UsageError, match=message):
        line(shell, arguments)


def test_a_cell_for_a_pool_that_is_not_there_is_refused(shell):
    with pytest.raises(UsageError, match="no pool 'nowhere' has interpreters: `%subinterp pool nowhere` makes one"):
        cell(shell, "pool:nowhere", "1")


def test_a_list_is_divided_and_joined(shell):
    shell.user_ns["xs"] = list(range(10))
    line(shell, "scatter w1..w3 xs")
    assert [sk.get(name).get("xs") for name in ("w1", "w2", "w3")] == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]
    cell(shell, "w1..w3", "ys = [-x for x in xs]")
    line(shell, "gather w1..w3 all=ys")
    assert shell.user_ns["all"] == [-n for n in range(10)]


def test_a_shared_array_is_divided_by_reference(shell):
    shell.user_ns["a"] = sk.SharedArray(5, "int64")
    line(shell, "scatter w1,w2 a")
    cell(shell, "w1,w2", "a[:] = rank + 1")
    assert shell.user_ns.pop("a").tolist() == [1, 1, 1, 2, 2]


def test_a_numpy_array_is_copied_once_and_joined_without_a_copy(shell):
    numpy = pytest.importorskip("numpy")
    shell.user_ns["a"] = numpy.arange(6.0).reshape(3, 2)
    line(shell, "scatter w1,w2 a")
    cell(shell, "w1,w2", "a += rank")
    line(shell, "gather w1,w2 joined=a")
    joined = shell.user_ns["joined"]
    assert joined.tolist() == [[0, 1], [2, 3], [5, 6]]
    cell(shell, "w2", "a[0, 0] = 50")
    assert joined[2, 0] == 50
    del shell.user_ns["joined"], joined


@pytest.mark.parametrize("value", ["text", 5, {1}], ids=["str", "int", "set"])
def test_what_has_no_parts_cannot_be_scattered(shell, value):
    shell.user_ns["value"] = value
    with pytest.raises(UsageError, match="variable 'value': only sequences and arrays can be scattered"):
        line(shell, "scatter w1,w2 value")


def test_gathering_a_variable_that_is_missing_is_said_in_one_sentence(shell):
    line(shell, "new w1")
    with pytest.raises(UsageError, match="interpreter 'w1' has no variable 'nothing'"):
        line(shell, "gather w1 nothing")
