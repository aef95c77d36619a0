"""The magics in a plain IPython shell in this process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import warnings

import pytest
from IPython.core.error import UsageError
from magic_calls import cell, line

import subinterp_kernel as sk
from subinterp_kernel.bindings import control
from subinterp_kernel.notebook.errors import CellError
from subinterp_kernel.notebook.output.tables import InterpreterTable


def test_a_cell_makes_the_interpreter_and_keeps_its_namespace(shell):
    cell(shell, "a", "x = 20")
    assert cell(shell, "a", "print(x + 1)").stdout == "21\n"
    assert sk.get("a").get("x") == 20


def test_the_last_expression_is_displayed(shell):
    assert cell(shell, "a", "1\n2").outputs[0].data["text/plain"] == "2"
    assert cell(shell, "a", "3;").outputs == []


def test_an_error_has_the_original_name_and_traceback(shell):
    with pytest.raises(CellError) as caught:
        cell(shell, "a", "def f():\n    1 / 0\nf()")
    error = caught.value
    assert (type(error).__name__, str(error)) == ("ZeroDivisionError", "division by zero")
    text = "\n".join(error._render_traceback_())
    assert "ZeroDivisionError" in text
    assert "subinterp_kernel" not in text
    assert cell(shell, "a", "print('still there')").stdout == "still there\n"


def test_rich_output_reaches_the_publisher(shell):
    captured = cell(shell, "a", "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))")
    assert captured.outputs[0].data["text/html"] == "<b>x</b>"


def test_ipython_works_inside(shell):
    assert cell(shell, "a", "%%capture out\nprint('x')").stdout == ""
    assert cell(shell, "a", "print(out.stdout, end='')\n!echo from the shell").stdout == "x\nfrom the shell\r\n"
    assert (
        cell(shell, "a", "import asyncio\nawait asyncio.sleep(0, 'awaited')").outputs[0].data["text/plain"]
        == "'awaited'"
    )


def test_a_syntax_warning_is_shown_as_often_as_in_a_plain_cell(shell):
    code = "x = '\\d'"
    with warnings.catch_warnings(record=True) as plain:
        warnings.simplefilter("always")
        shell.run_cell(code)
    assert cell(shell, "a", code).stderr.count("SyntaxWarning") == len(plain) == 2


def test_the_gil_option_applies_at_creation_only(shell):
    cell(shell, "s --gil shared", "1;")
    assert sk.get("s").gil == "shared"
    cell(shell, "s --gil shared", "1;")
    with pytest.raises(UsageError, match="exists, with --gil shared; omit --gil"):
        cell(shell, "s --gil own", "1;")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "needs more arguments: write %%subinterp NAME"),
        ("a --nope", "has no option --nope"),
        ("a --gil", "--gil needs a value: own or shared"),
        ("a --gil none", "--gil cannot be 'none': it is own or shared"),
        ("w4..w1", "is not a valid range"),
        ("a,main", "main runs cells alone and without options: write %%subinterp main"),
        ("'a b'", "'a b' cannot name an interpreter: a name consists of letters, digits, emoji, '_', '-' and single"),
        ("a; x=1", "'a;' cannot name an interpreter"),
        ("-bad", "%%subinterp has no option -bad; its options are "),
        ("w1..x", "'w1..x' cannot name an interpreter"),
        ("'a", 'cannot read the options "\'a": no closing quotation'),
    ],
)
def test_bad_first_lines_are_usage_errors(shell, words, message):
    with pytest.raises(UsageError, match=message):
        cell(shell, words, "1")
    assert sk.list_all() == [sk.get_main()]


@pytest.mark.parametrize("body", ["", "\n", "# nothing", "x = '\ud800'", "x = 1\0", "y = '" + "z" * 10_000_000 + "'"])
def test_odd_bodies_leave_the_interpreter_usable(shell, body):
    with contextlib.suppress(CellError, UsageError):
        cell(shell, "a", body)
    assert cell(shell, "a", "print(1)").stdout == "1\n"


def test_list_shows_a_table_in_text_and_html(shell):
    cell(shell, "a.b", "1;")
    for words in ("", "list"):
        (output,) = line(shell, words).outputs
        assert "a.b" in output.data["text/plain"]
        assert "MiB" in output.data["text/plain"]
        assert "<td>a.b</td>" in output.data["text/html"]


def test_the_html_of_a_table_is_escaped(shell):
    cell(shell, "a --bg", "1 < 2")
    line(shell, "wait")
    (output,) = line(shell, "jobs").outputs
    assert "<td>1 &lt; 2</td>" in output.data["text/html"]


def test_the_list_counts_cells(shell):
    cell(shell, "a", "1;")
    cell(shell, "a", "2;")
    sk.get("a").exec("x = 1")
    assert InterpreterTable().rows[1][4] == "2"


def test_memory_shows_what_is_shared_and_who_holds_it(shell):
    array, queue = sk.SharedArray((2, 500), "d"), sk.Queue()
    sk.create("a").prepare_main(array=array, again=array[1:])
    queue.put(array)
    (output,) = line(shell, "memory").outputs
    for wanted in (str(array.id), "memory", "d", "(2, 500)", "8,000", "main, a (2), in flight", "Queue"):
        assert wanted in output.data["text/plain"]
        assert f"<td>{wanted}</td>" in output.data["text/html"]


def test_new_close_reset(shell):
    line(shell, "new a")
    line(shell, "new b --gil shared")
    assert [interpreter.name for interpreter in sk.list_all()] == ["main", "a", "b"]
    cell(shell, "a", "x = 1")
    line(shell, "reset a")
    with pytest.raises(CellError, match="'x' is not defined"):
        cell(shell, "a", "x")
    line(shell, "close a")
    line(shell, "close --all")
    assert sk.list_all() == [sk.get_main()]


def test_run_evaluates_one_expression(shell):
    cell(shell, "a", "x = {'k': 'v'}")
    assert line(shell, "run a x['k'] + \"'\"").outputs[0].data["text/plain"] == repr("v'")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nope", "has no subcommand 'nope'; it has list, new, close"),
        ("new", "needs more arguments: write %subinterp new NAME"),
        ("new main", "'main' is the name"),
        ("new a; x=1", "'a;' cannot name an interpreter: a name consists of letters"),
        ("new a x=1", "'x=1' cannot name an interpreter"),
        ("new -bad", "%subinterp new has no option -bad; its options are --gil"),
        ("new --gil own", "write %subinterp new NAME"),
        ("new -- -bad", "and does not begin with '-'"),
        ("push -x", "%subinterp push has no option -x; it has none"),
        ("close", "close NAME"),
        ("close nobody", "there is no interpreter 'nobody'; there is only main"),
        ("reset nobody", "there is no interpreter 'nobody'"),
        ("run nobody 1", "there is no interpreter 'nobody'"),
        ("run a", "write %subinterp run NAME EXPRESSION"),
        ("list a", "takes no arguments"),
        ("close main", "for other interpreters than main: main ends with the kernel"),
        ("new 'a", "cannot read the options"),
        ("reset main", "for other interpreters than main: run %reset in a plain cell"),
        ("interrupt main", "for other interpreters than main: press Stop"),
        ("run main 1", "for other interpreters than main: write the expression in a plain cell"),
        ("push main x", "for other interpreters than main: main has the variables already"),
        ("pull main x", "for other interpreters than main: main has the variables already"),
        ("push a", r"write %subinterp push NAME NAME\[=SOURCE\]"),
    ],
)
def test_misuse_of_the_line_magic_is_a_usage_error(shell, words, message):
    with pytest.raises(UsageError, match=message):
        line(shell, words)
    assert sk.list_all() == [sk.get_main()]


def test_new_refuses_a_taken_name(shell):
    line(shell, "new a")
    with pytest.raises(UsageError, match=r"already an interpreter named 'a': .* or run `%subinterp close a` first"):
        line(shell, "new a")
    with pytest.raises(UsageError, match="already an interpreter named 'a'"):
        line(shell, "new b a")
    assert [interpreter.name for interpreter in sk.list_all()] == ["main", "a"]


def live_after(count):
    """Wait until that many interpreters live, spares included."""
    end = time.monotonic() + 60
    while len(control.live()) != count and time.monotonic() < end:
        time.sleep(0.01)
    return control.live()


def test_spares_are_taken_and_replaced(shell):
    (magics,) = [m for m in shell.configurables if type(m).__name__ == "SubinterpMagics"]
    magics.spares = 1
    magics.after_cell()
    (spare,) = live_after(1)
    assert [interpreter.name for interpreter in sk.list_all()] == ["main"]
    cell(shell, "a", "import sys; path = sys.path")
    assert sk.get("a")._worker == spare
    assert sk.get("a").get("path") == [entry for entry in sys.path if isinstance(entry, str)]
    magics.after_cell()
    assert len(live_after(2)) == 2
    magics.spares = 0
    assert [worker.name for worker in control.live()] == ["a"]


def test_capture_in_main_captures_what_a_cell_inside_shows(shell):
    shell.run_cell("%%capture got\n%subinterp new a\nget_ipython().run_cell_magic('subinterp', 'a', 'print(5)\\n6')")
    assert shell.user_ns["got"].stdout == "5\n"


def test_magics_work_in_ipython_in_a_terminal(tmp_path):
    lines = (
        "%load_ext subinterp_kernel",
        "%subinterp new a",
        "get_ipython().run_cell_magic('subinterp', 'a', 'print(\\'live\\')\\n6 * 7')",
        "get_ipython().run_cell_magic('subinterp', 'a', '1 / 0')",
        "%subinterp list",
    )
    options = [
        "--simple-prompt",
        "--no-banner",
        "--colors=nocolor",
        "--no-confirm-exit",
        "--HistoryManager.enabled=False",
    ]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "IPython", *options],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "live\n" in done.stdout
    assert "Out[3]: 42" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert "subinterp_kernel/" not in done.stdout
    assert "│ a    │ 1  │ own" in done.stdout


def test_the_extension_can_be_loaded_twice_and_unloaded(shell):
    shell.run_line_magic("reload_ext", "subinterp_kernel")
    assert cell(shell, "a", "print(1)").stdout == "1\n"
    shell.run_line_magic("unload_ext", "subinterp_kernel")
    assert "subinterp" not in shell.magics_manager.magics["cell"]
    shell.run_line_magic("load_ext", "subinterp_kernel")


def test_close_ends_several_interpreters_at_the_same_time(shell):
    """Each waits for the others in its exit function: one after the other, none would end."""
    ending = sk.Barrier(3)
    shell.user_ns["ending"] = ending
    shell.run_cell("%%subinterp a,b,c -i ending\nimport atexit\natexit.register(ending.wait, 20);").raise_error()
    shell.run_cell("%subinterp close a b c").raise_error()
    assert sk.list_all() == [sk.get_main()]
    assert not ending.broken
    shell.user_ns.clear()
