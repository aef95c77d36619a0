"""What a user meets whose interpreter does not stop, in a real kernel."""

from __future__ import annotations

import itertools
import os
import pathlib
import tempfile

import conditions
import pytest
from kernel_client import KernelClient
from stuck_code import ENDLESS_MATCH, LOCK, LOCK_BESIDE_A_THREAD, read_with_the_gil, stay_in_c

CLEANS_UP = (
    "import time\ntry:\n    print('in the try block', flush=True)\n    time.sleep(60)\nfinally:\n    go_on.wait(60)"
)

_names = (f"stuck{number}" for number in itertools.count())


@pytest.fixture
def name(kernel):
    """The name of an interpreter that is left behind after the test."""
    name = next(_names)
    yield name
    kernel.run(f"%subinterp close {name}")


@pytest.fixture
def own_kernel():
    client = KernelClient("subinterp")
    yield client
    client.shut_down()


def start(kernel, name, code, options=""):
    """Start a cell and return its message, when the cell runs."""
    message = kernel.send(f"%%subinterp {name} {options}\nprint('started', flush=True)\n{code}", stop_on_error=False)
    kernel.wait_for_text("started")
    return message


def start_in_c(kernel, name, block=LOCK, options=""):
    """Start a cell that does not see interrupts, and return its message when it is inside C code."""
    with tempfile.TemporaryDirectory() as folder:
        entered = pathlib.Path(folder, "entered")
        code = stay_in_c("__import__('os').mkdir", repr(str(entered)), block)
        message = kernel.send(f"%%subinterp {name} {options}\n{code}", stop_on_error=False)
        conditions.until(entered.exists)
    return message


def start_stuck_job(kernel, name):
    """Leave an interpreter with a job that does not see the interrupt it was sent."""
    start_in_c(kernel, name, options="--bg")
    return kernel.run(f"%subinterp interrupt {name}").text()


def usage_error(kernel, code):
    reply = kernel.run(code, stop_on_error=False).reply
    assert reply["ename"] == "UsageError"
    return reply["evalue"]


BLOCKS = {"regular expression": ENDLESS_MATCH, "lock": LOCK, "lock beside a thread": LOCK_BESIDE_A_THREAD}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_one_stop_tells_why_the_cell_goes_on_and_a_second_leaves_it(kernel, name, block):
    kernel.run("import subinterp_kernel as sk\nover = sk.Event()")
    message = start_in_c(kernel, name, block, "-i over")
    kernel.interrupt()
    kernel.wait_for_text(f"interpreter '{name}' cannot stop now: it is inside C code")
    kernel.interrupt()
    assert f"`%subinterp close {name}` leaves it behind" in kernel.collect(message).reply["evalue"]
    assert kernel.run("over.set()\n1 + 1").result == "2"


def test_a_cell_that_cleans_up_after_stop_is_said_to_do_so_and_ends(kernel, name):
    kernel.run("import subinterp_kernel as sk\ngo_on = sk.Event()")
    message = start(kernel, name, CLEANS_UP, "-i go_on")
    kernel.wait_for_text("in the try block")
    kernel.interrupt()
    kernel.wait_for_text(f"interpreter '{name}' has seen Stop, but its cell goes on")
    kernel.interrupt()  # leaves the cell; its finally block goes on
    kernel.collect(message)
    kernel.run("go_on.set()")
    assert kernel.run(f"%%subinterp {name}\n'free'").result == "'free'"


def test_interrupting_a_stuck_interpreter_says_what_it_does(kernel, name):
    assert f"interpreter '{name}' cannot stop now" in start_stuck_job(kernel, name)


def test_interrupting_other_interpreters_says_nothing(kernel, name):
    start(kernel, name, "import time; time.sleep(60)", "--bg")
    answer = kernel.run(f"%subinterp interrupt {name}")
    assert (answer.text(), answer.text("stderr")) == ("", "")


@pytest.mark.parametrize(
    "code",
    [
        "%%subinterp {}\n1",
        "%%subinterp {} --bg\n1",
        "%subinterp run {} 1",
        "%subinterp push {} x",
        "%subinterp reset {}",
    ],
)
def test_a_stuck_interpreter_is_refused_at_once(kernel, name, code):
    kernel.run("x = 1")
    start_stuck_job(kernel, name)
    assert usage_error(kernel, code.format(name)).startswith(f"interpreter '{name}' is stuck inside C code")


def test_closing_a_stuck_interpreter_frees_its_name_and_prints_one_plain_line(kernel, name):
    start_stuck_job(kernel, name)
    answer = kernel.run(f"%subinterp close {name}")
    assert answer.text("stderr") == ""
    (line,) = answer.text().splitlines()
    assert line.startswith(f"interpreter '{name}' is left behind")
    assert kernel.run(f"%%subinterp {name}\n'new'").result == "'new'"


def test_the_list_shows_what_is_stuck_and_what_is_left_behind(kernel, name):
    start_stuck_job(kernel, name)
    assert states(kernel, name) == ["stuck"]
    kernel.run(f"%subinterp close {name}")
    assert states(kernel, name) == ["left behind"]
    kernel.run(f"%%subinterp {name}\n1")
    assert states(kernel, name) == ["idle", "left behind"]


def states(kernel, name):
    table = kernel.run("%subinterp").content("display_data")["data"]["text/plain"]
    rows = [[cell.strip() for cell in line.split("│")] for line in table.splitlines()]
    return [row[4] for row in rows if len(row) > 4 and row[1] == name]


def test_the_stop_of_a_stuck_job_says_so_below_the_job(kernel, name):
    job = start_in_c(kernel, name, options="--job job")
    kernel.send("job.interrupt()")
    told = kernel.message_with_text(f"interpreter '{name}' cannot stop now")
    assert told["parent_header"]["msg_id"] == job


def test_an_interpreter_that_was_left_behind_ends_when_its_code_returns(kernel, name, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    start_in_c(kernel, name, read_with_the_gil(str(pipe)), "--bg")
    kernel.run(f"%subinterp interrupt {name}")
    assert "left behind" in kernel.run(f"%subinterp close {name}").text()
    pipe.write_bytes(b"x")
    waits = "import time\nfrom subinterp_kernel.bindings import control\n"
    waits += f"while any(worker.name == '{name}' for worker in control.abandoned()): time.sleep(0.05)"
    assert kernel.run(waits).reply["status"] == "ok"


def test_a_kernel_with_a_stuck_interpreter_shuts_down_quietly(own_kernel):
    start_stuck_job(own_kernel, "a")
    own_kernel.run("%subinterp close a")
    seconds, status = own_kernel.request_shutdown()
    assert (seconds < 20, status, own_kernel.stderr) == (True, 0, "")
