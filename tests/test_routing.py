"""Where cells go: %subinterp use, and a leading comment."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

import subinterp_kernel as sk
from subinterp_kernel.notebook.routing import Route, Router

WHERE = "import subinterp_kernel as sk; sk.current().name"


@pytest.mark.parametrize(
    ("code", "route"),
    [
        ("%%subinterp a\nx", Route("a", "x", 14)),
        ("%%subinterp a --fresh\nü\nx", Route("a", "ü\nx", 22)),
        ("# subinterp: a\nx", Route("a", "x", 15)),
        ("#subinterp:a -o x\nx", Route("a", "x", 18)),
        ("%%subinterp a", None),
        ("%%subinterp\nx", None),
        ("%%subinterpx a\nx", None),
        ("x\n# subinterp: a", None),
        ("# subinterp a\nx", None),
    ],
)
def test_the_first_line_tells(code, route):
    assert Router().route_of(code) == route


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
    router = Router()
    router.active = "a"
    lines = code.splitlines(keepends=True)
    assert (router(lines) == ["%%subinterp a\n", *lines]) is inside
    assert ((router.route_of(code) or Route("", "", 0)).name == "a") is inside


def test_use_sends_plain_cells_there_and_back(kernel):
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


def test_what_a_frontend_runs_silently_stays_in_main(kernel):
    kernel.run("%subinterp use a")
    kernel.run("where_am_i = 'main'", silent=True)
    kernel.run("%subinterp use main")
    assert kernel.run("where_am_i").result == "'main'"


def test_a_leading_comment_sends_one_cell(kernel):
    assert kernel.run("# subinterp: c -o here\nhere = 5\n" + WHERE).result == "'c'"
    assert kernel.run("here").result == "5"


def test_closing_the_active_interpreter_leads_back(shell):
    shell.run_line_magic("subinterp", "use a")
    assert sk.get("a").name == "a"
    shell.run_line_magic("subinterp", "close a")
    shell.run_cell("x = 1")
    assert shell.user_ns["x"] == 1


@pytest.mark.parametrize("line", ["use", "use a b", "use a,b"])
def test_use_explains_itself(shell, line):
    with pytest.raises(UsageError):
        shell.run_line_magic("subinterp", line)
