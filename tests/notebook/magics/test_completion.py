"""What Tab and Shift-Tab offer in the lines of the magics."""

from __future__ import annotations

import pytest
from conditions import until
from IPython.core.completer import provisionalcompleter
from magic_calls import cell

import subinterp_kernel as sk

OPTIONS = ["--bg", "--clone-imports", "--env", "--extensions", "--fresh", "--gil", "--group", "--input", "--job"]


@pytest.fixture
def complete(shell):
    """Return a function that completes code in a shell with three interpreters and a variable."""
    for name in ("alpha", "w1", "w2"):
        sk.create(name)
    shell.push({"data": 1})

    def complete(code):
        with provisionalcompleter():
            return [found.text for found in shell.Completer.completions(code, len(code))]

    return complete


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%%subinterp a", ["alpha"]),
        ("%%subinterp w1,", ["alpha", "w2"]),
        ("%%subinterp w1, w", ["w2"]),
        ("%%subinterp w1 w", ["w2"]),
        ("# subinterp: al", ["alpha"]),
        ("%%subinterp alpha --g", ["--gil", "--group"]),
        ("%%subinterp alpha --gil ", ["own", "shared"]),
        ("%%subinterp alpha --group=n", ["name"]),
        ("%%subinterp alpha -i ", ["data"]),
        ("%%subinterp alpha -i x=d", ["data"]),
        ("%%subinterp alpha -i x,d", ["data"]),
        ("%%subinterp_cython w1,", ["alpha", "w2"]),
        ("%%subinterp_cython w1 --c", ["--compile-args", "--cplus"]),
        ("%subinterp c", ["close"]),
        ("x = %subinterp pu", ["push", "pull"]),
        ("%subinterp close ", ["alpha", "w1", "w2", "--all"]),
        ("%subinterp reset w1,", ["alpha", "w2"]),
        ("%subinterp new x --gil s", ["shared"]),
        ("%subinterp use m", ["main"]),
        ("%subinterp push alpha d", ["data"]),
        ("%subinterp push data d", ["data"]),
        ("%subinterp wait ", []),
    ],
)
def test_the_arguments_of_the_magics_are_offered(complete, line, offered):
    words = complete(line)
    assert words[: len(offered)] == offered
    assert all(word.startswith("-") for word in words[len(offered) :])


@pytest.mark.parametrize("code", ["%%subinterp alpha -o to", "%subinterp pull alpha to", "%subinterp run alpha 1 + to"])
def test_variables_of_the_interpreter_are_offered_without_a_kernel(shell, complete, code):
    cell(shell, "alpha", "total = 1")
    until(lambda: complete(code) == ["total"])  # on a busy machine, no answer comes in time


def test_names_come_before_options_and_options_before_more_names(complete):
    assert complete("%%subinterp ")[:5] == ["alpha", "w1", "w2", *OPTIONS[:2]]
    assert complete("%%subinterp alpha ")[: len(OPTIONS)] == OPTIONS


def test_the_list_of_subcommands_is_offered_first(complete):
    assert complete("%subinterp ")[:4] == ["list", "new", "close", "reset"]


def test_other_lines_are_not_touched(complete):
    assert complete("%%subinterp alpha\nda") == ["data"]
    assert complete("'%subinterp' + da") == ["data"]


def test_unloading_removes_the_completion(shell, complete):
    shell.extension_manager.unload_extension("subinterp_kernel")
    assert "alpha" not in complete("%%subinterp a")
    assert not shell.Completer.custom_matchers


def offered_by(kernel, code):
    reply = kernel.reply_to(kernel.client.complete(code))
    return code[: reply["cursor_start"]], reply["matches"]


def test_a_kernel_offers_only_what_the_magic_takes(kernel):
    kernel.run("%%subinterp alpha,beta\nx = 1")
    before, words = offered_by(kernel, "%%subinterp ")
    assert (before, words[:2]) == ("%%subinterp ", ["alpha", "beta"])
    assert all(word.startswith("-") for word in words[2:])
    assert offered_by(kernel, "%%subinterp alpha,b") == ("%%subinterp alpha,", ["beta"])


@pytest.fixture
def inside(kernel):
    """A kernel whose interpreters have variables that main has not."""
    kernel.run("%subinterp close --all")
    kernel.run("only_in_main = 1\n%subinterp new beta")
    kernel.run("%%subinterp alpha\ntotal = 1\ntext = 'x'\nalpha = 2")
    return kernel


@pytest.mark.parametrize(
    ("code", "before", "offered"),
    [
        ("%%subinterp alpha -o ", "%%subinterp alpha -o ", ["total", "text", "alpha"]),
        ("%%subinterp alpha --output=t", "%%subinterp alpha --output=", ["total", "text"]),
        ("%%subinterp alpha -o total,", "%%subinterp alpha -o total,", ["text", "alpha"]),
        ("%%subinterp alpha -o here=to", "%%subinterp alpha -o here=", ["total"]),
        ("%%subinterp nobody,alpha --bg -o to", "%%subinterp nobody,alpha --bg -o ", ["total"]),
        ("%%subinterp beta -o ", "%%subinterp beta -o ", []),
        ("%%subinterp -o ", "%%subinterp -o ", []),
        ("%subinterp pull alpha ", "%subinterp pull alpha ", ["total", "text", "alpha"]),
        ("%subinterp pull alpha total tex", "%subinterp pull alpha total ", ["text"]),
        ("%subinterp run alpha ", "%subinterp run alpha ", ["total", "text", "alpha"]),
        ("%subinterp run alpha print(to", "%subinterp run alpha print(", ["total"]),
        ("%subinterp run alpha text.isup", "%subinterp run alpha text", [".isupper"]),
        ("x = %subinterp run al* '# ' + tex", "x = %subinterp run al* '# ' + ", ["text"]),
        ("%subinterp run nobody to", "%subinterp run nobody to", []),
    ],
)
def test_variables_of_the_interpreter_are_offered_where_the_magic_takes_them(inside, code, before, offered):
    until(lambda: offered_by(inside, code) == (before, offered))  # on a busy machine, no answer comes in time


def test_wait_offers_unfinished_jobs_and_their_interpreters(inside):
    inside.run("%%subinterp beta --bg\n1")
    inside.run("%subinterp wait")
    inside.run("%%subinterp alpha --bg\nimport time; time.sleep(1000)")
    before, (number, *rest) = offered_by(inside, "%subinterp wait ")
    assert (before, number.isdigit(), rest) == ("%subinterp wait ", True, ["alpha", "--timeout"])
    inside.run("%subinterp close --all")


@pytest.mark.parametrize(
    "code",
    ["%%subinterp unknown --job ", "%%subinterp a # comment ", "%%subinterp a --bg --b"],
)
def test_a_kernel_offers_no_python_where_nothing_fits(kernel, code):
    assert offered_by(kernel, code) == (code, [])


CELL_HELP = "%%subinterp NAME[,NAME...] [options]"
LINE_HELP = "%subinterp close [--all] [NAME ...]"


@pytest.mark.parametrize(
    ("code", "position", "found"),
    [
        ("%%subinterp", 11, CELL_HELP),
        ("%%subinterp a --gil own\nx", 18, CELL_HELP),
        ("# subinterp: a\nx", 14, CELL_HELP),
        ("%subinterp", 10, LINE_HELP),
        ("x = 1\n%subinterp close a\nx", 20, LINE_HELP),
    ],
)
def test_inspection_shows_the_help_of_that_magic(kernel, code, position, found):
    reply = kernel.reply_to(kernel.client.inspect(code, position))
    text = reply["data"]["text/plain"]
    assert (found in text, LINE_HELP in text) == (True, found == LINE_HELP)
