"""One cell in several interpreters at once."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError
from IPython.utils.capture import capture_output
from magic_calls import cell

import subinterp_kernel as sk
from subinterp_kernel.notebook.errors import CompositeError
from subinterp_kernel.notebook.execution.targets import names_of


def test_names_and_patterns_are_parsed():
    for name in ("w1", "w2", "x"):
        sk.create(name)
    assert names_of("a,b") == ["a", "b"]
    assert names_of("w*,x") == ["w1", "w2", "x"]
    assert names_of("?") == ["x"]
    assert names_of("w[2-9]") == ["w2"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("w1..w3", ["w1", "w2", "w3"]),
        ("w1..3", ["w1", "w2", "w3"]),
        ("w08..w10,x", ["w08", "w09", "w10", "x"]),
        ("node2.1..node2.2", ["node2.1", "node2.2"]),
        ("w5..w5", ["w5"]),
    ],
)
def test_ranges_are_read(words, names):
    assert names_of(words) == names


def test_targets_are_written_in_the_same_way_everywhere(shell):
    with capture_output():
        shell.run_line_magic("subinterp", "new w1..w3 x, y  # five")
        cell(shell, "w1..w2 x -o rank", "pass")
        shell.run_line_magic("subinterp", "reset w*,x y")
        shell.run_line_magic("subinterp", "close w1 w2..w3, x")
    assert shell.user_ns["rank"] == [0, 1, 2]
    assert [interpreter.name for interpreter in sk.list_all()] == ["main", "y"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("a,,b", "lacks a name"),
        ("a,", "lacks a name"),
        ("a,a", "more than once"),
        ("z*", "no interpreter matches 'z"),
        ("w3..w1", "not a valid range"),
        ("w1..w9999", "not a valid range"),
        ("w1..w" + "9" * 5000, "not a valid range"),
    ],
)
def test_invalid_lists_of_names_are_refused(words, problem):
    with pytest.raises(UsageError, match=problem):
        names_of(words)


def test_each_has_its_rank_and_the_size(shell):
    cell(shell, "a,b,c -o rank,size", "pass")
    assert (shell.user_ns["rank"], shell.user_ns["size"]) == ([0, 1, 2], [3, 3, 3])


def test_they_run_at_the_same_time(shell):
    shell.push({"barrier": sk.Barrier(3, timeout=60)})
    cell(shell, "a,b,c -i barrier -o place", "place = barrier.wait()")
    assert sorted(shell.user_ns["place"]) == [0, 1, 2]
    del shell.user_ns["barrier"]
    shell.reset(new_session=False)


BODY = "import sys\nprint('one')\nprint('err', file=sys.stderr)\nprint('two', end='')\nrank"


def test_output_is_grouped_by_name(shell):
    captured = cell(shell, "a,b", BODY)
    assert captured.stdout.replace("two\n", "two") == "[a]\none\ntwo[b]\none\ntwo"
    assert captured.stderr == "err\nerr\n"
    assert [output.data["text/plain"] for output in captured.outputs] == ["0", "1"]


def test_output_is_grouped_by_type(shell):
    captured = cell(shell, "a,b --group type", BODY)
    assert (
        captured.stdout
        == "[stdout:a]\none\ntwo\n[stdout:b]\none\ntwo\n[stderr:a]\n[stderr:b]\n[output:a]\n[output:b]\n"
    )
    assert captured.stderr == "err\nerr\n"


def test_output_in_order_has_a_label_on_each_line(shell):
    captured = cell(shell, "a,b --group order", "print('one', end=' '); print('more'); print('x\\ny')\nrank")
    assert sorted(captured.stdout.splitlines()) == sorted(
        f"[{name}]{text}" for name in "ab" for text in (" one more", " x", " y", "")
    )


def test_errors_of_all_are_one_error_that_shows_each(shell):
    with pytest.raises(CompositeError) as caught:
        cell(shell, "a,b,c", "print('before')\nif rank: 1 / (rank - 1)\nassert rank")
    error = caught.value
    assert str(error) == (
        "2 of 3 interpreters raised an error: a: AssertionError: ; b: ZeroDivisionError: division by zero"
    )
    assert list(error.errors) == ["a", "b"]
    shown = "\n".join(error._render_traceback_())
    assert shown.index("[a]") < shown.index("AssertionError") < shown.index("[b]") < shown.index("ZeroDivisionError")


def test_no_variable_is_copied_out_if_one_target_failed(shell):
    with pytest.raises(CompositeError):
        cell(shell, "a,b -o x", "x = 1\n1 / rank")
    assert "x" not in shell.user_ns


def test_stop_reaches_all(kernel):
    running = kernel.send("%%subinterp a,b --group order\nprint('up')\nwhile True: pass", stop_on_error=False)
    kernel.wait_for_text("[a] up")
    kernel.interrupt()
    answer = kernel.collect(running)
    assert answer.reply["ename"] == "CompositeError"
    assert "2 of 2 interpreters raised an error: a: KeyboardInterrupt" in answer.reply["evalue"]


def test_each_target_can_prompt_for_input(kernel):
    request = kernel.send("%%subinterp a,b -o said\nsaid = input(f'{rank}? ')", allow_stdin=True)
    for _ in range(2):
        kernel.client.input(kernel.asked()["prompt"][0] * 2)
    kernel.collect(request)
    assert kernel.run("said").result == "['00', '11']"


def test_a_pattern_that_matches_one_name_is_like_that_name(shell):
    sk.create("only")
    assert cell(shell, "on*", "print(1)").stdout == "1\n"
