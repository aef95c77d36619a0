"""Cells in the background, as a frontend sees them, and as futures."""

from __future__ import annotations

import concurrent.futures
import itertools
import queue
import re
import time

import pytest
from IPython.core.error import UsageError
from IPython.utils.capture import capture_output

import subinterp_kernel as sk
from subinterp_kernel.notebook.cells import CellError
from subinterp_kernel.notebook.jobs import Job
from subinterp_kernel.notebook.several import CompositeError

ENDLESS = "import time\nprint('up')\nwhile True: time.sleep(0.01)"
_names = (f"job{number}" for number in itertools.count())


@pytest.fixture
def name() -> str:
    return next(_names)


def start(shell, line, code, **variables) -> Job:
    shell.push(variables)
    with capture_output():
        shell.run_cell_magic("subinterp", f"{line} --job j", code)
    return shell.user_ns["j"]


def until(condition, timeout=20.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


# ------------------------------------------------------------------------------------------------------- as a future


def test_the_result_is_the_last_expressions_value(shell):
    job = start(shell, "a", "x = 6\nx * 7")
    assert isinstance(job, concurrent.futures.Future)
    assert (job.result(20), job.exception(), job.done(), job.state) == (42, None, True, "done")


def test_it_can_be_awaited(shell):
    start(shell, "a", "'from the job'")
    shell.run_cell("awaited = await j").raise_error()
    assert shell.user_ns["awaited"] == "from the job"


def test_an_error_is_the_cells_own(shell):
    job = start(shell, "a", "print('before')\ndef f(): return 1 / 0\nf()")
    with pytest.raises(CellError, match="division by zero") as caught:
        job.result(20)
    assert type(caught.value).__name__ == "ZeroDivisionError"
    assert "return 1 / 0" in re.sub(r"\x1b\[[\d;]*m", "", "\n".join(caught.value._render_traceback_()))
    assert (job.state, job.exception(), job.stdout) == ("failed", caught.value, "before\n")


@pytest.mark.parametrize("code", ["x = 1", "1;", "None"])
def test_no_value_is_none(shell, code):
    assert start(shell, "a", code).result(20) is None


def test_a_value_that_cannot_cross_fails_the_result_and_not_the_cell(shell):
    job = start(shell, "a -o x", "x = 1\nimport threading\nthreading.Lock()")
    with pytest.raises(sk.NotShareableError, match="the value of the last expression cannot cross"):
        job.result(20)
    assert (job.state, shell.user_ns["x"]) == ("done", 1)


def test_what_it_prints_is_kept(shell):
    job = start(shell, "a", "import sys\nprint('one')\nprint('err', file=sys.stderr)\nprint('two', end='')")
    job.result(20)
    assert (job.stdout, job.stderr) == ("one\ntwo", "err\n")
    with capture_output() as captured:
        job.show()
    assert (captured.stdout, captured.stderr) == ("one\ntwo", "err\n")


def test_waiting_for_a_result_may_have_a_limit(shell):
    job = start(shell, "a", ENDLESS)
    with pytest.raises(TimeoutError):
        job.result(0.05)
    job.interrupt()
    assert job.exception(20).ename == "KeyboardInterrupt"


# ------------------------------------------------------------------------------------------------- variables, and turns


def test_outputs_are_those_of_the_jobs_own_end(shell):
    job = start(shell, "a -o x", "import time; time.sleep(0.2); x = 'of the job'")
    shell.run_cell_magic("subinterp", "a", "x = 'of the next cell'")
    job.result(20)
    assert shell.user_ns["x"] == "of the job"


def test_inputs_for_a_busy_interpreter_do_not_wait(shell):
    first = start(shell, "a", ENDLESS)
    second = start(shell, "a -i n", "n + 1", n=41)
    assert (second.state, second.elapsed) == ("queued", 0.0)
    first.interrupt()
    assert second.result(20) == 42


def test_jobs_of_one_interpreter_run_in_order(shell):
    start(shell, "a", "order = []")
    jobs = [start(shell, "a", f"order.append({number}); list(order)") for number in range(4)]
    assert [job.result(20) for job in jobs] == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]


def test_jobs_of_two_interpreters_run_at_the_same_time(shell):
    shell.push({"meeting": sk.Barrier(2, timeout=20)})
    jobs = [start(shell, f"{name} -i meeting", "meeting.wait()") for name in "ab"]
    assert sorted(job.result(30) for job in jobs) == [0, 1]
    del shell.user_ns["meeting"]
    shell.reset(new_session=False)


def test_a_cell_for_a_busy_interpreter_says_so_and_waits(shell):
    start(shell, "a", "import time; time.sleep(0.3); x = 1")
    with capture_output() as captured:
        shell.run_cell_magic("subinterp", "a", "print(x)")
    assert captured.stderr == "interpreter 'a' is busy: this cell's turn comes after one other\n"
    assert captured.stdout == "1\n"


def test_no_queue_refuses_a_busy_interpreter(shell):
    job = start(shell, "a", ENDLESS)
    until(lambda: job.stdout)
    for more in ("", " --bg"):
        with pytest.raises(UsageError, match="interpreter 'a' is busy: leave --no-queue out"):
            shell.run_cell_magic("subinterp", f"a --no-queue{more}", "1")
    job.interrupt()
    job.exception(20)
    shell.run_cell_magic("subinterp", "a --no-queue", "1;")


def test_a_job_that_waits_is_cancelled_and_the_one_that_runs_goes_on(shell):
    first, second = start(shell, "a", ENDLESS), start(shell, "a", "1")
    until(lambda: first.state == "running")
    assert not first.cancel()
    second.interrupt()
    assert (second.cancelled(), second.state, first.state) == (True, "cancelled", "running")
    first.interrupt()
    assert first.exception(20).ename == "KeyboardInterrupt"


def test_a_closed_interpreter_ends_its_jobs(shell):
    running, queued = start(shell, "a", ENDLESS), start(shell, "a", "1")
    until(lambda: running.stdout)
    sk.get("a").close()
    assert running.exception(20).ename == "KeyboardInterrupt"
    assert "interpreter 'a' was closed before it came to this" in str(queued.exception(20))


def test_a_job_that_must_be_left_behind_ends_all_the_same(run_python):
    code = (
        "import subinterp_kernel as sk, warnings\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(); shell.run_line_magic('load_ext', 'subinterp_kernel')\n"
        "shell.run_cell_magic('subinterp', 'a --job j', 'import ctypes\\nprint(1)\\nctypes.CDLL(None).sleep(60)')\n"
        "job = shell.user_ns['j']\n"
        "while not job.stdout: pass\n"
        "warnings.simplefilter('ignore')\n"
        "sk.get('a').close(timeout=0.3)\n"
        "print(job.exception(10))\n"
    )
    done = run_python(code, timeout=50)
    assert done.returncode == 0, done.stderr
    assert "interpreter 'a' was closed while this ran, and could not be ended" in done.stdout


# ---------------------------------------------------------------------------------------------------- limits and errors


@pytest.mark.parametrize("option", ["", " --job j"])
def test_a_cell_over_its_time_limit_is_interrupted(shell, option):
    magic = f'get_ipython().run_cell_magic("subinterp", "a --timeout 0.3{option}", "kept = 1\\nwhile True: pass")'
    error = shell.run_cell(f"{magic}\nj.result(20)").error_in_exec
    assert error.ename == "TimeoutError"
    assert "the cell has run for 0.3 seconds, which was its limit" in error.evalue
    assert sk.get("a").get("kept") == 1


def test_the_time_limit_does_not_count_the_wait_for_the_turn(shell):
    start(shell, "a", "import time; time.sleep(0.5)")
    assert start(shell, "a --timeout 0.4", "'in time'").result(20) == "in time"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a --timeout 0", "'0' is no number of seconds"),
        ("a --timeout soon", "'soon' is no number of seconds"),
        ("a --timeout nan", "'nan' is no number of seconds"),
        ("a --job 1x", "'1x' cannot name a variable"),
        ("a --bg -i nothing", "the notebook has no variable 'nothing'"),
        ("main --bg", "'main' is the name of the main interpreter"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(shell, line, problem):
    with pytest.raises(UsageError, match=problem):
        shell.run_cell_magic("subinterp", line, "1")


def test_a_variable_that_cannot_cross_is_refused_before_anything_runs(shell):
    shell.run_cell("lock = __import__('threading').Lock()")
    with pytest.raises(UsageError, match="variable 'lock' cannot cross"):
        shell.run_cell_magic("subinterp", "a --bg -i lock", "ran = 1")


def test_a_class_that_cannot_be_rebuilt_there_is_one_clear_error(shell):
    shell.run_cell("class Odd:\n    def __reduce__(self): return (int, ('odd',))\nodd = Odd()")
    with pytest.raises(UsageError, match="interpreter 'a' could not run the cell: ValueError: invalid literal"):
        shell.run_cell_magic("subinterp", "a -i odd", "ran = 1")
    assert sk.get("a").call(eval, "'ran' in __import__('__main__').__dict__") is False


def test_no_raise_error_draws_it_and_goes_on(shell):
    with capture_output() as captured:
        shell.run_cell_magic("subinterp", "a --no-raise-error", "1 / 0")
    assert "ZeroDivisionError" in captured.stderr


# ------------------------------------------------------------------------------------------------------ several, lists


def test_a_job_in_several_interpreters_has_a_list_of_values(shell):
    job = start(shell, "a,b,c -o x", "x = -rank\nrank * size")
    assert (job.result(20), shell.user_ns["x"], job.names) == ([0, 3, 6], [0, -1, -2], ["a", "b", "c"])


def test_errors_of_several_are_one_error(shell):
    job = start(shell, "a,b", "1 / rank")
    assert isinstance(job.exception(20), CompositeError)
    assert list(job.exception().errors) == ["a"]


def test_jobs_lists_them(shell):
    start(shell, "a", "\n\n1 + 1").result(20)
    start(shell, "a,b", "1 / 0").exception(20)
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
def test_wait_says_what_it_cannot(shell, words, problem):
    job = start(shell, "a", ENDLESS)
    with pytest.raises(UsageError, match=problem):
        shell.run_line_magic("subinterp", f"wait {words}")
    job.interrupt()
    job.wait(20)


def test_progress_is_shown(shell):
    code = "import subinterp_kernel as sk\nsk.report_progress(1, 4, 'epoch 1')\nimport time; time.sleep(0.3)"
    job = start(shell, "a", code)
    until(lambda: job.progress is not None)
    assert job.progress == (0.25, "epoch 1")
    assert "25% epoch 1" in repr(job)
    assert '<progress max="1" value="0.2500">' in job._repr_mimebundle_()["text/html"]
    job.result(20)
    sk.report_progress(1)  # in the main interpreter nothing happens
    with pytest.raises(ValueError, match="total must be positive"):
        sk.report_progress(1, 0)


# ------------------------------------------------------------------------------------------------ as a frontend sees it


KINDS = {"stream", "display_data", "update_display_data", "execute_result", "error"}


def collect(kernel, message_id, last, timeout=20.0):
    """Return the messages of a cell up to one that satisfies `last`, wherever other cells are."""
    found = []
    end = time.monotonic() + timeout
    while not found or not last(found[-1]):
        assert time.monotonic() < end, found
        try:
            message = kernel.client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") == message_id and message["msg_type"] in KINDS:
            found.append(message)
    return found


def is_state(state, name):
    """Look for the display of the job in that interpreter; a cell may also update those of earlier jobs."""

    def check(message):
        data = message["content"].get("data", {})
        return message["msg_type"] == "update_display_data" and f": {state} in {name}" in data["text/plain"]

    return check


def test_output_goes_to_the_cell_that_started_it_while_others_run(kernel, name):
    code = f"%%subinterp {name} --bg -i go\nprint('begun')\ngo.wait(20)\nprint('after'); 6 * 7"
    kernel.run("import subinterp_kernel as sk\ngo = sk.Event()")
    started = kernel.send(code)
    assert kernel.reply_to(started)["status"] == "ok"
    other = kernel.send("%%capture captured\nimport time\ngo.set(); time.sleep(0.5)")
    messages = collect(kernel, started, is_state("done", name))
    text = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    (result,) = [m["content"] for m in messages if m["msg_type"] == "execute_result"]
    assert text == "begun\nafter\n"
    assert result["data"]["text/plain"] == "42"
    assert kernel.reply_to(other)["status"] == "ok"
    assert kernel.run("captured.stdout + captured.stderr").result == "''"
    kernel.run("del go")


def test_its_display_tells_how_it_stands(kernel, name):
    started = kernel.send(f"%%subinterp {name} --bg\nimport time; time.sleep(1.3)")
    messages = collect(kernel, started, is_state("done", name))
    messages = [m for m in messages if f" in {name}" in m["content"]["data"]["text/plain"]]
    texts = [m["content"]["data"]["text/plain"] for m in messages]
    ids = {m["content"]["transient"]["display_id"] for m in messages}
    assert messages[0]["msg_type"] == "display_data"
    assert len(ids) == 1
    assert [re.sub(r"Job \d+|, [\d.]+ s", "", text) for text in texts[:2]] == [
        f"<: queued in {name}>", f"<: running in {name}>",
    ]  # fmt: skip
    assert re.search(r"running in \w+, 1\.\d s", "".join(texts))


def test_its_error_is_shown_under_its_cell(kernel, name):
    started = kernel.send(f"%%subinterp {name} --bg\n1 / 0")
    assert kernel.reply_to(started)["status"] == "ok"
    messages = collect(kernel, started, is_state("failed", name))
    (error,) = [m["content"] for m in messages if m["msg_type"] == "error"]
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")


def test_a_job_cannot_ask(kernel, name):
    started = kernel.send(f"%%subinterp {name} --bg\ninput('name?')")
    messages = collect(kernel, started, is_state("failed", name))
    (error,) = [m["content"] for m in messages if m["msg_type"] == "error"]
    assert error["ename"] == "StdinNotImplementedError"


def test_stop_takes_a_waiting_cell_back_and_leaves_the_job_alone(kernel, name):
    kernel.run(f"%%subinterp {name} --job j\nimport time\nwhile True: time.sleep(0.01)")
    waiting = kernel.send(f"%%subinterp {name}\nran = 1", stop_on_error=False)
    kernel.wait_for_text("is busy")
    kernel.interrupt()
    answer = kernel.collect(waiting)
    assert (answer.reply["ename"], answer.reply["evalue"]) == (
        "KeyboardInterrupt", f"the cell was still waiting for its turn in interpreter '{name}'",
    )  # fmt: skip
    assert kernel.run("j.state").result == "'running'"
    kernel.run("j.interrupt()\n%subinterp wait")
    assert kernel.run(f"%%subinterp {name}\n'ran' in globals()").result == "False"


def test_stop_ends_the_waiting_and_not_the_job(kernel, name):
    kernel.run(f"%%subinterp {name} --job j\nimport time\nwhile True: time.sleep(0.01)")
    waiting = kernel.send("print('waiting'); j.result()", stop_on_error=False)
    kernel.wait_for_text("waiting")
    time.sleep(0.2)
    kernel.interrupt()
    assert kernel.reply_to(waiting)["ename"] == "KeyboardInterrupt"
    assert kernel.run("j.state").result == "'running'"
    kernel.run("j.interrupt()\n%subinterp wait")


def test_the_kernel_answers_while_a_result_is_waited_for(kernel, name, tmp_path):
    end = tmp_path / "end"
    code = f"import os, time\nwhile not os.path.exists({str(end)!r}): time.sleep(0.01)\n'done'"
    kernel.run(f"%%subinterp {name} --job j\n{code}")
    waiting = kernel.send("print('waiting'); j.result()")
    kernel.wait_for_text("waiting")
    assert "print" in kernel.reply_to(kernel.client.complete("prin"))["matches"]
    end.touch()
    assert kernel.reply_to(waiting)["status"] == "ok"
    assert kernel.run("j.result()").result == "'done'"


def test_the_display_has_a_stop_button_where_there_are_widgets(kernel, name):
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    started = kernel.send(f"%%subinterp {name} --bg\nimport time\nwhile True: time.sleep(0.01)")
    opened = []
    running = is_state("running", name)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        message = kernel.client.get_iopub_msg(timeout=20)
        if message["parent_header"].get("msg_id") != started:
            continue
        if message["msg_type"] == "comm_open":
            opened.append(message["content"])
        if running(message):
            break
    (button,) = [c["comm_id"] for c in opened if c["data"]["state"].get("_model_name") == "ButtonModel"]
    view = message["content"]["data"]["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] in [c["comm_id"] for c in opened]
    click = {"comm_id": button, "data": {"method": "custom", "content": {"event": "click"}}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", click))
    last = collect(kernel, started, is_state("failed", name))[-1]
    assert "application/vnd.jupyter.widget-view+json" not in last["content"]["data"]


def test_a_kernel_with_jobs_ends_soon_and_quietly():
    from kernel_client import KernelClient

    client = KernelClient("subinterp")
    try:
        client.run("%%subinterp a --bg\nwhile True: pass")
        client.run("%%subinterp a --bg\n1")
        client.send("%subinterp wait")
        seconds, status = client.request_shutdown()
        assert (seconds < 3, status, client.stderr) == (True, 0, "")
    finally:
        client.shut_down()


def test_nbclient_ends_cleanly_while_a_job_runs():
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    from nbformat.v4 import new_code_cell, new_notebook

    cells = ["%%subinterp a --job j\nprint('up')\nwhile True: pass", "while not j.stdout: pass", "j.state"]
    notebook = new_notebook(cells=[new_code_cell(code) for code in cells])
    nbclient.NotebookClient(notebook, kernel_name="subinterp", timeout=30).execute()
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "'running'"


@pytest.mark.parametrize(
    "later", ["%subinterp wait", "import time; time.sleep(1)\nj.result()", "import time; time.sleep(2)"]
)
def test_a_later_cell_brings_the_stored_display_up_to_date(later):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    from nbformat.v4 import new_code_cell, new_notebook

    cells = ["%%subinterp a --job j\nimport time; time.sleep(0.5)", later]
    notebook = new_notebook(cells=[new_code_cell(code) for code in cells])
    nbclient.NotebookClient(notebook, kernel_name="subinterp", timeout=30).execute()
    assert ": done in a" in notebook.cells[0].outputs[0]["data"]["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in notebook.cells[0].outputs[0]["data"]
