"""Where cells go: %subinterp use, and a leading comment."""

from __future__ import annotations

import builtins

import pytest
from IPython.core.error import UsageError

import subinterp_kernel as sk
from subinterp_kernel.notebook.magics.options import cell_parser
from subinterp_kernel.notebook.magics.routing import Router

WHERE = "import subinterp_kernel as sk; sk.get_current().name"


def request_of(code, active=None):
    router = Router(cell_parser())
    router.active = active
    request = router.request_of(code)
    return request and (request.targets, request.body, request.offset)


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        ("%%subinterp a\nx", ("a", "x", 14)),
        ("%%subinterp a --fresh\nü\nx", ("a", "ü\nx", 22)),
        ("%%subinterp --bg a\nx", ("a", "x", 19)),
        ("%%subinterp --timeout 5 -i b=c w*,a\nx", ("w*,a", "x", 36)),
        ("# subinterp: a\nx", ("a", "x", 15)),
        ("#subinterp:a -o x\nx", ("a", "x", 18)),
        ("%%subinterp a, b # both\nx", ("a,b", "x", 24)),
        ("%%subinterp w1..w3 x\nx", ("w1..w3,x", "x", 21)),
        ("%%subinterp main\nx", None),
        ("# subinterp: main\nx", None),
        ("%%subinterp a", None),
        ("%%subinterp\nx", None),
        ("%%subinterp a --nope\nx", None),
        ("%%subinterpx a\nx", None),
        ("x\n# subinterp: a", None),
        ("# subinterp a\nx", None),
    ],
)
def test_the_first_line_names_the_targets(code, request_):
    assert request_of(code) == request_


@pytest.mark.parametrize(
    ("code", "inside"),
    [
        ("x = 1", True),
        ("%timeit 1", True),
        ("%%time\nx", True),
        ("!ls", True),
        ("%subinterp list", False),
        ("%%subinterp b\nx", False),
        ("\n  %history -n", False),
        ("%matplotlib inline\nx", False),
        ("", False),
        (" \n", False),
    ],
)
def test_plain_cells_go_to_the_active_interpreter(code, inside):
    router = Router(cell_parser())
    router.active = "a"
    lines = code.splitlines(keepends=True)
    assert (router(lines) == ["%%subinterp a\n", *lines]) is inside
    assert (request_of(code, active="a") == ("a", code, 0)) is inside


def test_use_routes_plain_cells_until_use_main(kernel):
    assert "plain cells run in interpreter 'a'" in kernel.run("%subinterp use a").text()
    assert kernel.run(WHERE).result == "'a'"
    assert kernel.run("%%subinterp b\n" + WHERE).result == "'b'"
    assert kernel.run("%%capture got\nprint(1)").reply["status"] == "ok"
    assert kernel.run("got.stdout").result == r"'1\n'"
    assert "→ a" in kernel.run("%subinterp").content("display_data")["data"]["text/plain"]
    assert "main interpreter again" in kernel.run("%subinterp use main").text()
    assert kernel.run(WHERE).result == "'main'"


def test_errors_of_plain_cells_inside_have_their_own_lines(kernel):
    kernel.run("%subinterp use a")
    answer = kernel.run("x = 1\n1 / 0", stop_on_error=False)
    kernel.run("%subinterp use main")
    assert answer.reply["ename"] == "ZeroDivisionError"
    assert "----> 2" in "".join(answer.reply["traceback"]).replace("\x1b[32m", "").replace("\x1b[39m", "")


def test_completion_follows(kernel):
    kernel.run("%subinterp use a")
    kernel.run("only_inside_a = 1")
    reply = kernel.reply_to(kernel.client.complete("only_ins", 8))
    kernel.run("%subinterp use main")
    assert (reply["matches"], reply["cursor_start"]) == (["only_inside_a"], 0)


def test_silent_requests_run_in_main(kernel):
    kernel.run("%subinterp use a")
    kernel.run("where_am_i = 'main'", silent=True)
    kernel.run("%subinterp use main")
    assert kernel.run("where_am_i").result == "'main'"


def test_a_leading_comment_sends_one_cell(kernel):
    assert kernel.run("# subinterp: c -o here\nhere = 5\n" + WHERE).result == "'c'"
    assert kernel.run("here").result == "5"


def test_closing_the_active_interpreter_makes_main_active(shell):
    shell.run_line_magic("subinterp", "use a")
    assert sk.get("a").name == "a"
    shell.run_line_magic("subinterp", "close a")
    shell.run_cell("x = 1")
    assert shell.user_ns["x"] == 1


def test_plain_cells_can_run_in_several_interpreters(kernel):
    kernel.run("%subinterp use u1..u2 # both")
    kernel.run("here = rank")
    kernel.run("%subinterp use main")
    assert kernel.run("%%subinterp u* -o here\npass\n").reply["status"] == "ok"
    assert kernel.run("here").result == "[0, 1]"


def test_closing_one_of_several_active_interpreters_keeps_the_other(shell):
    shell.run_line_magic("subinterp", "use a,b")
    shell.run_line_magic("subinterp", "close a")
    shell.run_cell("import builtins; builtins.where = 'inside'")
    assert not hasattr(builtins, "where")
    assert [interpreter.name for interpreter in sk.list_all()] == ["main", "b"]


@pytest.mark.parametrize("first_line", ["%%subinterp main", "# subinterp: main"])
def test_a_cell_for_main_runs_there_while_another_interpreter_is_active(kernel, first_line):
    kernel.run("%subinterp use a")
    answer = kernel.run(f"{first_line}\n{WHERE}")
    kernel.run("%subinterp use main")
    assert answer.result == "'main'"


def test_use_asks_whether_a_name_that_resembles_another_is_meant(shell):
    sk.create("worker")
    with pytest.raises(UsageError, match="no interpreter 'w0rker'; did you mean 'worker'"):
        shell.run_line_magic("subinterp", "use w0rker")
    assert [interpreter.name for interpreter in sk.list_all()] == ["main", "worker"]


@pytest.mark.parametrize("line", ["use", "use a,", "use a,a", "use main,a", "use unknown*"])
def test_misuse_of_use_is_a_usage_error(shell, line):
    with pytest.raises(UsageError):
        shell.run_line_magic("subinterp", line)
