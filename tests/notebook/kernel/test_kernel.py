"""The real kernel, in a process of its own, through jupyter_client."""

from __future__ import annotations

import itertools
import queue
import re
import time
from pathlib import Path

import ipykernel
import pytest
from conditions import until
from kernel_client import KernelClient
from stuck_code import DEAF, stay_in_c

import subinterp_kernel

_names = (f"k{number}" for number in itertools.count())


@pytest.fixture
def name() -> str:
    return next(_names)


@pytest.fixture
def own_kernel():
    """A kernel that the test may end."""
    client = KernelClient("subinterp")
    yield client
    client.shut_down()


def test_kernel_info_names_the_kernel(kernel):
    reply = kernel.reply_to(kernel.client.kernel_info())
    assert reply["status"] == "ok"
    assert reply["implementation"] == "subinterp_kernel"
    assert reply["implementation_version"] == f"{ipykernel.__version__}+subinterp.{subinterp_kernel.__version__}"
    assert reply["language_info"]["name"] == "python"
    assert "%%subinterp" in reply["banner"]


def test_magics_are_preloaded(kernel, name):
    answer = kernel.run(f"%%subinterp {name}\nprint('hi')\n6 * 7")
    assert answer.reply["status"] == "ok"
    assert answer.kinds == ["stream", "execute_result"]
    assert (answer.text(), answer.result) == ("hi\n", "42")
    assert answer.content("execute_result")["execution_count"] == answer.reply["execution_count"]


def test_plain_cells_are_plain(kernel):
    assert kernel.run("x = 1; x + 1").result == "2"


def test_an_error_is_the_cells_own_error_once(kernel, name):
    answer = kernel.run(f"%%subinterp {name}\ndef f():\n    return 1 / 0\nf()", stop_on_error=False)
    error = answer.content("error")
    for content in (answer.reply, error):
        assert (content["ename"], content["evalue"]) == ("ZeroDivisionError", "division by zero")
        assert content["traceback"] == error["traceback"]
    assert answer.reply["status"] == "error"
    assert answer.kinds == ["error"]
    text = "\n".join(error["traceback"])
    assert f"In[{answer.reply['execution_count']}]" in text
    assert "line 3" in text
    assert "subinterp_kernel" not in text


def test_a_failed_cell_aborts_the_queue_like_any_other(kernel, name):
    first = kernel.send(f"%%subinterp {name}\nimport time; time.sleep(1); 1 / 0")
    second = kernel.send("print('never')")
    kernel.collect(first)
    assert kernel.reply_to(second)["status"] == "aborted"


def test_sys_exit_ends_the_cell_only(kernel, name):
    answer = kernel.run(f"%%subinterp {name}\nkept = 1\nimport sys; sys.exit(3)", stop_on_error=False)
    assert (answer.reply["ename"], answer.reply["evalue"]) == ("SystemExit", "3")
    assert kernel.run(f"%%subinterp {name}\nkept").result == "1"


def test_rich_display_and_updates(kernel, name):
    answer = kernel.run(
        f"%%subinterp {name}\nfrom IPython.display import *\nd = display(HTML('<b>1</b>'), display_id='x')\n"
        "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(8), format='png'))\n"
        "d.update(HTML('<b>2</b>'))\nclear_output(wait=True)"
    )
    assert answer.kinds == ["display_data", "display_data", "update_display_data", "clear_output"]
    assert answer.outputs[0]["content"]["transient"] == {"display_id": "x"}
    assert answer.outputs[1]["content"]["data"]["image/png"].startswith("iVBORw0KGgo")
    assert answer.outputs[2]["content"]["data"]["text/html"] == "<b>2</b>"


def test_all_outputs_have_the_cells_parent(kernel, name):
    message_id = kernel.send(f"%%subinterp {name}\nprint(1)\ndisplay(2)\n3")
    answer = kernel.collect(message_id)
    assert len(answer.outputs) == 3
    assert {message["parent_header"]["msg_id"] for message in answer.outputs} == {message_id}


def test_the_list_is_a_table(kernel, name):
    kernel.run(f"%%subinterp {name}\n1;")
    data = kernel.run("%subinterp").content("display_data")["data"]
    assert name in data["text/plain"]
    assert f"<td>{name}</td>" in data["text/html"]


STOPS = {
    "loop": "while True: pass",
    "sleep": "import time; time.sleep(60)",
    "event": "import threading; threading.Event().wait()",
    "queue": "import queue; queue.Queue().get()",
    "asyncio": "import asyncio; await asyncio.sleep(60)",
    "print": "while True: print('x' * 100)",
}


@pytest.mark.parametrize("code", STOPS.values(), ids=STOPS.keys())
def test_stop_interrupts_and_keeps_the_namespace(kernel, name, code):
    message_id = kernel.send(f"%%subinterp {name}\nkept = 5\nprint('started')\n{code}", stop_on_error=False)
    kernel.wait_for_text("started")
    time.sleep(0.2)
    kernel.interrupt()
    reply = kernel.reply_to(message_id)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert kernel.run(f"%%subinterp {name}\nkept").result == "5"


def test_the_traceback_of_an_interrupted_sleep_ends_in_the_cell(kernel, name):
    code = "import time\n\nprint('started'); time.sleep(60)"  # in one line: Stop may come between the two
    message_id = kernel.send(f"%%subinterp {name}\n{code}", stop_on_error=False)
    kernel.wait_for_text("started")
    time.sleep(0.2)
    kernel.interrupt()
    text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(kernel.reply_to(message_id)["traceback"]))
    lines = text.split("Cell In")[1].splitlines()[3:]
    assert lines == ["----> 3 print('started'); time.sleep(60)", "", "KeyboardInterrupt: "]


def test_questions_are_answered_while_an_interpreter_computes(kernel, name):
    message_id = kernel.send(f"%%subinterp {name}\nprint('started')\nwhile True: pass", stop_on_error=False)
    kernel.wait_for_text("started")
    assert kernel.reply_to(kernel.client.kernel_info())["status"] == "ok"
    assert "import" in kernel.reply_to(kernel.client.complete("impor"))["matches"]
    assert kernel.reply_to(kernel.client.inspect("len"))["found"]
    assert kernel.reply_to(kernel.client.is_complete("x = ("))["status"] == "incomplete"
    assert kernel.client.hb_channel.is_beating()
    kernel.interrupt()
    assert kernel.reply_to(message_id)["ename"] == "KeyboardInterrupt"


def test_a_question_answered_meanwhile_leaves_the_kernel_busy(kernel, name):
    """Frontends show the last state, whatever it was about."""
    cell = kernel.send(f"%%subinterp {name}\nprint('started')\nwhile True: pass", stop_on_error=False)
    kernel.wait_for_text("started")
    question = kernel.client.complete("impor")
    kernel.reply_to(question)
    states = []
    while (question, "idle") not in states or len(states) < 3:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "status":
            states.append((message["parent_header"]["msg_id"], message["content"]["execution_state"]))
    assert states == [(question, "busy"), (question, "idle"), (cell, "busy")]
    kernel.interrupt()
    assert kernel.reply_to(cell)["ename"] == "KeyboardInterrupt"


def test_a_question_behind_a_plain_cell_waits_for_it_as_in_ipykernel(kernel):
    message_id = kernel.send("import time; time.sleep(0.3); fresh_name = 1")
    question = kernel.client.complete("fresh_na")
    replies = [kernel.client.get_shell_msg(timeout=60) for _ in range(2)]
    assert [reply["parent_header"]["msg_id"] for reply in replies] == [message_id, question]
    assert "fresh_name" in replies[1]["content"]["matches"]


def test_fork_and_shell_commands_work_in_main_beside_interpreters(kernel, name):
    kernel.run(f"%%subinterp {name}\n1;")
    answer = kernel.run(
        "!echo from main\nimport os\npid = os.fork()\nif pid == 0: os._exit(7)\nos.waitpid(pid, 0)[1] >> 8"
    )
    assert "from main" in answer.text()
    assert answer.result == "7"


def test_shell_commands_work_inside(kernel, name):
    assert kernel.run(f"%%subinterp {name}\n!echo inside\nout = !echo caught\nout").text() == "inside\r\n"


def test_output_of_a_thread_goes_to_the_cell_that_started_it(kernel, name, tmp_path):
    code = "import os, threading, time\ndef late():\n"
    code += f"    while not os.path.exists({str(tmp_path / 'gate')!r}): time.sleep(0.01)\n"
    code += "    print('late')\nthreading.Thread(target=late).start()"
    message_id = kernel.send(f"%%subinterp {name}\n{code}")
    kernel.collect(message_id)
    kernel.run("1")
    (tmp_path / "gate").touch()
    while (message := kernel.client.get_iopub_msg(timeout=60))["msg_type"] != "stream":
        pass
    assert message["content"]["text"] == "late\n"
    assert message["parent_header"]["msg_id"] == message_id


def test_main_and_interpreters_share_memory(kernel, name):
    kernel.run("import subinterp_kernel as sk\nblock = sk.SharedBlock(8)")
    kernel.run(f"%%subinterp {name}\n1;")
    kernel.run(f"sk.get({name!r}).prepare_main(block=block)")
    kernel.run(f"%%subinterp {name}\nmemoryview(block)[0] = 42")
    assert kernel.run("memoryview(block)[0]").result == "42"


def test_magics_load_into_the_ordinary_kernel():
    client = KernelClient("python3")
    try:
        client.run("%load_ext subinterp_kernel")
        assert client.run("%%subinterp a\nprint(1)\n2").kinds == ["stream", "execute_result"]
        message_id = client.send("%%subinterp a\nprint('started')\nwhile True: pass")
        client.wait_for_text("started")
        client.interrupt()
        assert client.reply_to(message_id)["ename"] == "KeyboardInterrupt"
        seconds, status = client.request_shutdown()
        assert (seconds < 20, status, client.stderr) == (True, 0, "")
    finally:
        client.shut_down()


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(
    "code", ["x = 1", "while True: pass", "import time; time.sleep(100)", DEAF], ids=["idle", "busy", "asleep", "deaf"]
)
def test_shutdown_is_quick_and_quiet(own_kernel, code, restart):
    own_kernel.run("%%subinterp other\n1;")
    own_kernel.send(f"%%subinterp a\nprint('started')\n{code}")
    own_kernel.wait_for_text("started")
    time.sleep(0.3)
    seconds, status = own_kernel.request_shutdown(restart)
    assert seconds < 20
    assert (status, own_kernel.stderr) == (0, "")


def test_restart_through_the_manager_gives_a_fresh_kernel(own_kernel):
    own_kernel.run("%%subinterp a\nx = 1")
    own_kernel.manager.restart_kernel()
    own_kernel.client.wait_for_ready(timeout=150)
    answer = own_kernel.run("%%subinterp a\nx")
    assert answer.reply["ename"] == "NameError"


def test_a_second_stop_frees_the_kernel_from_a_cell_that_does_not_react(own_kernel, tmp_path):
    code = stay_in_c("__import__('os').mkdir", repr(str(tmp_path / "entered")))
    message_id = own_kernel.send(f"%%subinterp a\n{code}", stop_on_error=False)
    until((tmp_path / "entered").exists)
    own_kernel.interrupt()
    with pytest.raises(queue.Empty):
        own_kernel.reply_to(message_id, timeout=1)
    own_kernel.interrupt()
    reply = own_kernel.reply_to(message_id)
    assert "does not react to Stop" in reply["evalue"]
    assert own_kernel.run("%%subinterp b\nprint('others work')").text() == "others work\n"


STOP_BEHIND_THE_ACQUISITION = """
import os, signal, threading
class Lock:
    lock, presses = get_ipython().history_manager.db_input_cache_lock, 1
    def __enter__(self):
        self.lock.acquire()
        if self.presses and threading.current_thread() is threading.main_thread():  # not IPython's thread that saves
            self.presses -= 1
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000): pass
    def __exit__(self, *error):
        self.lock.release()
get_ipython().history_manager.db_input_cache_lock = Lock()
"""


def test_a_stop_while_ipython_takes_the_lock_of_its_history_does_not_leave_it_locked(own_kernel):
    own_kernel.run(STOP_BEHIND_THE_ACQUISITION)
    own_kernel.send("'interrupted'", stop_on_error=False)
    assert own_kernel.run("6 * 7").result == "42"


LISTENING_TCP_SOCKETS = """
import os
sockets = set()
for fd in os.listdir("/proc/self/fd"):
    try:
        sockets.add(os.readlink(f"/proc/self/fd/{fd}"))
    except OSError:
        pass
rows = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}").readlines()[1:]]
[row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
"""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux lists the sockets of a process here")
def test_interpreters_do_not_listen_on_the_network(own_kernel):
    before = own_kernel.run(LISTENING_TCP_SOCKETS).result
    own_kernel.run(
        "%%subinterp a\nimport asyncio\nawait asyncio.sleep(0)\ntask = asyncio.create_task(asyncio.sleep(100))"
    )
    own_kernel.run("%%subinterp b\nimport subinterp_kernel as sk\nq = sk.Queue()")
    assert own_kernel.run(LISTENING_TCP_SOCKETS).result == before
