"""Variables in and out of cells: -i, -o, push, pull."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

import subinterp_kernel as sk
from subinterp_kernel.notebook.magics.options import parse_assignments


def cell(shell, line, code):
    shell.run_cell_magic("subinterp", line, code)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("a", [("a", "a")]),
        ("a,b=c,d", [("a", "a"), ("b", "c"), ("d", "d")]),
        ("n=x.y.z,x.y", [("n", "x.y.z"), ("y", "x.y")]),
        (" a , b = c ", [("a", "a"), ("b", "c")]),
    ],
)
def test_assignments_are_parsed(given, meant):
    assert parse_assignments(given) == meant


@pytest.mark.parametrize("given", ["", "a,", "1", "a b", "a=", "=a", "a=b=c", "a.b=c", "a=[1]", "f()"])
def test_an_invalid_assignment_is_refused(given):
    with pytest.raises(UsageError, match="is not a variable: write NAME, or NAME=SOURCE"):
        parse_assignments(given)


def test_variables_are_copied_in_and_out(shell):
    shell.push({"a": 20, "c": 22})
    cell(shell, "x -i a,b=c -o total,again=a", "total = a + b")
    assert (shell.user_ns["total"], shell.user_ns["again"], shell.user_ns["a"]) == (42, 20, 20)


def test_white_space_after_commas_and_comments_are_allowed(shell):
    shell.push({"a": 20, "c": 22, "text": "x # y"})
    cell(shell, "x -i a, b=c,  text -o total, text # that is all", "total = a + b")
    assert (shell.user_ns["total"], shell.user_ns["text"]) == (42, "x # y")


def test_options_may_be_repeated_and_sources_dotted(shell):
    shell.run_cell("class Box:\n    pass\nbox = Box()\nbox.n = 5\nm = 2")
    cell(shell, "x -i n=box.n -i m -o real=z.real -o z", "z = complex(n, m)")
    assert (shell.user_ns["real"], shell.user_ns["z"]) == (5, 5 + 2j)


def test_functions_and_classes_of_the_notebook_are_sent_by_value(shell):
    shell.run_cell(
        "def twice(x):\n    return 2 * x\nclass P:\n    def __init__(self, x):\n        self.x = x\np = P(4)"
    )
    cell(shell, "a -i twice,P,p -o q,thrice", "q = P(twice(p.x))\ndef thrice(x): return 3 * x")
    assert (shell.user_ns["q"].x, shell.user_ns["thrice"](2)) == (8, 6)


def test_modules_are_sent_by_name_and_shared_objects_by_reference(shell):
    shell.run_cell("import json\nimport subinterp_kernel as sk\narray = sk.SharedArray(3, 'q')\nqueue = sk.Queue()")
    cell(shell, "a -i json,array,queue -o text", "array[1] = 7\nqueue.put(array)\ntext = json.dumps([1])")
    assert shell.user_ns["text"] == "[1]"
    assert shell.user_ns["queue"].get(timeout=60).tolist() == [0, 7, 0]
    shell.reset(new_session=False)


def test_numpy_arrays_arrive_and_return_over_shared_memory(shell):
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    shell.push({"table": numpy.arange(4.0)})
    cell(shell, "a -i table -o table,kind", "kind = type(table).__name__\ntable[0] = 9")
    back = shell.user_ns["table"]
    assert (shell.user_ns["kind"], type(back), back.tolist()) == ("ndarray", numpy.ndarray, [9, 1, 2, 3])
    held = sk.get("a").get("table")
    held[1] = 5
    assert back[1] == 5  # the same memory: no copy on the way back
    del back, held
    shell.reset(new_session=False)


def test_a_variable_that_cannot_cross_is_named_and_nothing_runs(shell):
    shell.run_cell("good, lock = 1, __import__('threading').Lock()")
    with pytest.raises(UsageError, match="variable 'bad' cannot cross to another interpreter: TypeError"):
        cell(shell, "a -i good,bad=lock", "ran = 1")
    cell(shell, "a -o seen", "seen = ['ran' in globals(), 'good' in globals()]")
    assert shell.user_ns["seen"] == [False, False]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a -i missing", "the notebook has no variable 'missing'"),
        ("a -i shell_.nothing", "the notebook has no variable 'shell_'"),
        ("a -o missing", "interpreter 'a' has no variable 'missing'"),
        ("a -o lock", "variable 'lock' cannot cross"),
        ("a -o x.nothing", "interpreter 'a' cannot return 'x.nothing': AttributeError"),
    ],
)
def test_missing_variables_are_named(shell, line, problem):
    with pytest.raises(UsageError, match=problem):
        cell(shell, line, "x = 1\nlock = __import__('threading').Lock()")


def test_no_variable_is_copied_out_of_a_failed_cell(shell):
    with pytest.raises(Exception, match="division"):
        cell(shell, "a -o x", "x = 1\n1 / 0")
    assert "x" not in shell.user_ns


def test_fresh_clears_the_namespace_first(shell):
    cell(shell, "a", "x = 1")
    cell(shell, "a --fresh -o seen", "seen = 'x' in globals()")
    assert shell.user_ns["seen"] is False


def test_push_and_pull(shell):
    sk.create("a")
    shell.push({"u": 1, "v": 2})
    shell.run_line_magic("subinterp", "push a u,w=v")
    sk.get("a").exec("total = u + w")
    shell.run_line_magic("subinterp", "pull a total,copy=total")
    assert (shell.user_ns["total"], shell.user_ns["copy"]) == (3, 3)


@pytest.mark.parametrize("line", ["push", "push a", "pull a", "push nobody x", "pull a missing"])
def test_misuse_of_push_and_pull_is_a_usage_error(shell, line):
    sk.create("a")
    with pytest.raises(UsageError):
        shell.run_line_magic("subinterp", line)
