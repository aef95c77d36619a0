"""Jobs: cells in the background, as futures, and the order in which they run."""

from __future__ import annotations

import concurrent.futures
import gc
import re
import threading

import pytest
from conditions import until
from IPython.core.error import UsageError
from IPython.utils.capture import capture_output
from jobs import ENDLESS, start

import subinterp_kernel as sk
from subinterp_kernel.notebook.errors import CellError
from subinterp_kernel.notebook.execution.target_run import TargetRun
from subinterp_kernel.notebook.output.job_display import JobDisplay

# --------------------------------------------------------------------------------------------------------- as a future


def test_a_job_in_several_interpreters_that_was_stopped_is_stopped(shell):
    job = start(shell, "a,b", ENDLESS)
    until(lambda: job.stdout.count("up") == 2)
    job.interrupt()
    assert job.wait(60)
    assert job.state == "stopped"


def test_a_job_of_which_one_part_failed_by_itself_has_failed(shell):
    job = start(shell, "a,b", "if rank: 1 / 0\n" + ENDLESS)
    until(lambda: job.stdout.count("up") == 1 and not sk.get("b").backlog)
    job.interrupt()
    assert job.wait(60)
    assert job.state == "failed"


def test_the_result_is_the_last_expressions_value(shell):
    job = start(shell, "a", "x = 6\nx * 7")
    assert isinstance(job, concurrent.futures.Future)
    assert (job.result(60), job.exception(), job.done(), job.state) == (42, None, True, "done")


def test_it_can_be_awaited(shell):
    start(shell, "a", "'from the job'")
    shell.run_cell("awaited = await j").raise_error()
    assert shell.user_ns["awaited"] == "from the job"


def test_an_error_is_the_cells_own(shell):
    job = start(shell, "a", "print('before')\ndef f(): return 1 / 0\nf()")
    with pytest.raises(CellError, match="division by zero") as caught:
        job.result(60)
    assert type(caught.value).__name__ == "ZeroDivisionError"
    assert "return 1 / 0" in re.sub(r"\x1b\[[\d;]*m", "", "\n".join(caught.value._render_traceback_()))
    assert (job.state, job.exception(), job.stdout) == ("failed", caught.value, "before\n")


@pytest.mark.parametrize("code", ["x = 1", "1;", "None"])
def test_no_value_is_none(shell, code):
    assert start(shell, "a", code).result(60) is None


def test_a_value_that_cannot_cross_fails_the_result_and_not_the_cell(shell):
    job = start(shell, "a -o x", "x = 1\nimport threading\nthreading.Lock()")
    with pytest.raises(sk.NotShareableError, match="the value of the last expression cannot cross"):
        job.result(60)
    assert (job.state, shell.user_ns["x"]) == ("done", 1)


def test_what_it_prints_is_kept(shell):
    job = start(shell, "a", "import sys\nprint('one')\nprint('err', file=sys.stderr)\nprint('two', end='')")
    job.result(60)
    assert (job.stdout, job.stderr) == ("one\ntwo", "err\n")
    with capture_output() as captured:
        job.show()
    assert (captured.stdout, captured.stderr) == ("one\ntwo", "err\n")


def test_waiting_for_a_result_may_have_a_limit(shell):
    job = start(shell, "a", ENDLESS)
    with pytest.raises(TimeoutError):
        job.result(0.05)
    job.interrupt()
    assert job.exception(60).ename == "KeyboardInterrupt"
    assert job.state == "stopped"


@pytest.mark.parametrize(
    ("options", "owner", "step"),
    [
        ("", TargetRun, "subscribe"),
        ("", TargetRun, "post"),
        ("--bg", JobDisplay, "show"),
        ("--bg", TargetRun, "subscribe"),
        ("--bg", TargetRun, "post"),
    ],
)
def test_a_stop_before_the_cell_is_sent_leaves_nothing_of_it(shell, monkeypatch, options, owner, step):
    shell.run_cell_magic("subinterp", "a", "1;")
    original = getattr(owner, step)

    def interrupted(self):
        if step == "subscribe":
            original(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, interrupted)
    lock = sk.Lock()
    shell.push({"lock": lock})
    with pytest.raises(KeyboardInterrupt), capture_output():
        shell.run_cell_magic("subinterp", f"a -i lock {options}", "1;")
    gc.collect()
    assert sk.shared_objects()[0]["held_by"] == {"main": 1}
    del shell.user_ns["lock"]
    shell.run_line_magic("subinterp", "wait")  # no job is left that never ends


# ------------------------------------------------------------------------------------------------- variables and order


def test_outputs_are_those_of_the_jobs_own_end(shell):
    job = start(shell, "a -o x", "import time; time.sleep(0.2); x = 'of the job'")
    shell.run_cell_magic("subinterp", "a", "x = 'of the next cell'")
    job.result(60)
    assert shell.user_ns["x"] == "of the job"


def test_inputs_for_a_busy_interpreter_do_not_wait(shell):
    first = start(shell, "a", ENDLESS)
    second = start(shell, "a -i n", "n + 1", n=41)
    assert (second.state, second.elapsed) == ("queued", 0.0)
    first.interrupt()
    assert second.result(60) == 42


def test_jobs_of_one_interpreter_run_in_order(shell):
    start(shell, "a", "order = []")
    jobs = [start(shell, "a", f"order.append({number}); list(order)") for number in range(4)]
    assert [job.result(60) for job in jobs] == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]


def test_jobs_of_two_interpreters_run_at_the_same_time(shell):
    shell.push({"meeting": sk.Barrier(2, timeout=60)})
    jobs = [start(shell, f"{name} -i meeting", "meeting.wait()") for name in "ab"]
    assert sorted(job.result(60) for job in jobs) == [0, 1]
    del shell.user_ns["meeting"]
    shell.reset(new_session=False)


def test_a_cell_for_a_busy_interpreter_says_so_and_waits(shell):
    gate = sk.SharedBlock(1)
    start(shell, "a -i gate", "while not memoryview(gate)[0]: pass\nx = 1", gate=gate)

    def open_gate():
        until(lambda: sk.get("a").backlog == 2)
        memoryview(gate)[0] = 1

    opener = threading.Thread(target=open_gate)
    opener.start()
    with capture_output() as captured:
        shell.run_cell_magic("subinterp", "a", "print(x)")
    opener.join(60)
    del shell.user_ns["gate"]
    shell.reset(new_session=False)
    assert captured.stdout == "interpreter 'a' is busy: this cell runs after 1 other request\n1\n"


def test_no_queue_refuses_a_busy_interpreter(shell):
    job = start(shell, "a", ENDLESS)
    until(lambda: job.stdout)
    for more in ("", " --bg"):
        with pytest.raises(UsageError, match="interpreter 'a' is busy: omit --no-queue"):
            shell.run_cell_magic("subinterp", f"a --no-queue{more}", "1")
    job.interrupt()
    job.exception(60)
    shell.run_cell_magic("subinterp", "a --no-queue", "1;")


def test_a_job_that_waits_is_cancelled_and_the_one_that_runs_goes_on(shell):
    first, second = start(shell, "a", ENDLESS), start(shell, "a", "1")
    until(lambda: first.state == "running")
    assert not first.cancel()
    second.interrupt()
    assert (second.cancelled(), second.state, first.state) == (True, "cancelled", "running")
    first.interrupt()
    assert first.exception(60).ename == "KeyboardInterrupt"


def test_a_closed_interpreter_ends_its_jobs(shell):
    running, queued = start(shell, "a", ENDLESS), start(shell, "a", "1")
    until(lambda: running.stdout)
    sk.get("a").close()
    assert running.exception(60).ename == "KeyboardInterrupt"
    assert "interpreter 'a' was closed before this request ran" in str(queued.exception(60))


def test_a_job_that_must_be_left_behind_ends_all_the_same(run_python):
    code = (
        "import subinterp_kernel as sk, warnings\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(); shell.run_line_magic('load_ext', 'subinterp_kernel')\n"
        "stuck = 'import ctypes\\nwhile True:\\n  try: print(1); ctypes.CDLL(None).sleep(60)\\n'\n"
        "stuck += '  except KeyboardInterrupt: pass'\n"
        "shell.run_cell_magic('subinterp', 'a --job j', stuck)\n"
        "job = shell.user_ns['j']\n"
        "while not job.stdout: pass\n"
        "warnings.simplefilter('ignore')\n"
        "sk.get('a').close(timeout=0.3)\n"
        "print(job.exception(60))\n"
    )
    # The cell neither ends nor reacts to interrupts.
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert "interpreter 'a' was closed while this ran, and could not be ended" in done.stdout
