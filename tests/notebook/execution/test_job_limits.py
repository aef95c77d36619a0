"""Jobs: limits of time, errors, several interpreters, and the list of jobs."""

from __future__ import annotations

import re

import pytest
from conditions import until
from IPython.core.error import UsageError
from IPython.utils.capture import capture_output
from jobs import ENDLESS, start

import subinterp_kernel as sk
from subinterp_kernel.notebook.errors import CompositeError

# --------------------------------------------------------------------------------------------------- limits and errors


@pytest.mark.parametrize("option", ["", " --job j"])
def test_a_cell_over_its_time_limit_is_interrupted(shell, option):
    shell.run_cell_magic("subinterp", "a", "kept = 1")
    magic = f'get_ipython().run_cell_magic("subinterp", "a --timeout 0.3{option}", "while True: pass")'
    error = shell.run_cell(f"{magic}\nj.result(60)").error_in_exec
    assert error.ename == "TimeoutError"
    assert "the cell ran for 0.3 seconds, its time limit" in error.evalue
    assert sk.get("a").get("kept") == 1


def test_the_time_limit_does_not_count_the_time_in_the_queue(shell):
    start(shell, "a", "import time; time.sleep(1.5)")
    assert start(shell, "a --timeout 1.2", "'in time'").result(60) == "in time"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a --timeout 0", "'0' is not a valid number of seconds"),
        ("a --timeout soon", "'soon' is not a valid number of seconds"),
        ("a --timeout nan", "'nan' is not a valid number of seconds"),
        ("a --job 1x", "'1x' is not a valid variable name"),
        ("a --bg -i nothing", "the notebook has no variable 'nothing'"),
        ("main --bg", "main runs cells alone and without options"),
    ],
)
def test_an_invalid_option_is_refused_before_anything_runs(shell, line, problem):
    with pytest.raises(UsageError, match=problem):
        shell.run_cell_magic("subinterp", line, "1")


def test_a_variable_that_cannot_cross_is_refused_before_anything_runs(shell):
    shell.run_cell("lock = __import__('threading').Lock()")
    with pytest.raises(UsageError, match="variable 'lock' cannot cross"):
        shell.run_cell_magic("subinterp", "a --bg -i lock", "ran = 1")


def test_a_class_that_cannot_be_rebuilt_there_is_one_clear_error(shell):
    shell.run_cell("class Odd:\n    def __reduce__(self): return (int, ('odd',))\nodd = Odd()")
    with pytest.raises(UsageError, match="could not be copied into interpreter 'a': ValueError: invalid literal"):
        shell.run_cell_magic("subinterp", "a -i odd", "ran = 1")
    assert sk.get("a").call(eval, "'ran' in __import__('__main__').__dict__") is False


def test_no_raise_error_shows_it_and_goes_on(shell):
    with capture_output() as captured:
        shell.run_cell_magic("subinterp", "a --no-raise-error", "1 / 0")
    assert "ZeroDivisionError" in captured.stderr


# ------------------------------------------------------------------------------------- several interpreters, and lists


def test_a_job_in_several_interpreters_has_a_list_of_values(shell):
    job = start(shell, "a,b,c -o x", "x = -rank\nrank * size")
    assert (job.result(60), shell.user_ns["x"], job.names) == ([0, 3, 6], [0, -1, -2], ["a", "b", "c"])


def test_errors_of_several_are_one_error(shell):
    job = start(shell, "a,b", "1 / rank")
    assert isinstance(job.exception(60), CompositeError)
    assert list(job.exception().errors) == ["a"]


def test_jobs_lists_them(shell):
    start(shell, "a", "\n\n1 + 1").result(60)
    start(shell, "a,b", "1 / 0").exception(60)
    with capture_output() as captured:
        shell.run_line_magic("subinterp", "jobs")
    text = captured.outputs[0].data["text/plain"]
    for row in (r"1 +│ a +│ done +│ \d+\.\d s │ +│ 1 \+ 1", r"2 +│ a, b +│ failed +│ \d+\.\d s │ +│ 1 / 0"):
        assert re.search(row, text)
    assert "<td>done</td>" in captured.outputs[0].data["text/html"]


def test_wait_waits_for_all_or_for_those_that_are_named(shell):
    jobs = [start(shell, name, "import time; time.sleep(0.1)") for name in "aab"]
    shell.run_line_magic("subinterp", "wait 1")
    assert jobs[0].done()
    shell.run_line_magic("subinterp", "wait a")
    assert jobs[1].done()
    shell.run_line_magic("subinterp", "wait")
    assert jobs[2].done()


@pytest.mark.parametrize(
    ("words", "problem"), [("7", "there is no job '7'"), ("1 --timeout 0.05", "not done after 0.05 seconds: job 1")]
)
def test_wait_names_the_job_that_is_unknown_or_not_done(shell, words, problem):
    job = start(shell, "a", ENDLESS)
    with pytest.raises(UsageError, match=problem):
        shell.run_line_magic("subinterp", f"wait {words}")
    job.interrupt()
    job.wait(60)


def test_progress_is_shown(shell):
    code = f"import subinterp_kernel as sk\nsk.report_progress(1, 4, 'epoch 1')\n{ENDLESS}"
    job = start(shell, "a", code)
    until(lambda: job.progress is not None)
    assert job.progress == (0.25, "epoch 1")
    assert "25% epoch 1" in repr(job)
    assert '<progress max="1" value="0.2500">' in job._repr_mimebundle_()["text/html"]
    job.interrupt()
    job.wait(60)
    sk.report_progress(1)  # in the main interpreter nothing happens
    with pytest.raises(ValueError, match="total must be positive"):
        sk.report_progress(1, 0)
