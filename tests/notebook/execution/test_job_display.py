"""Jobs as a frontend sees them: output, display, Stop, and the end of the kernel."""

from __future__ import annotations

import itertools
import queue
import re
import time

import pytest

_names = (f"job{number}" for number in itertools.count())


@pytest.fixture
def name() -> str:
    return next(_names)


KINDS = {"stream", "display_data", "update_display_data", "execute_result", "error"}


def collect(kernel, message_id, last, timeout=60.0):
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
    code = f"%%subinterp {name} --bg -i go\nprint('begun')\ngo.wait(60)\nprint('after'); 6 * 7"
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


def test_its_display_shows_its_state(kernel, name, tmp_path):
    end = tmp_path / "end"
    code = f"import os, time\nwhile not os.path.exists({str(end)!r}): time.sleep(0.01)"
    started = kernel.send(f"%%subinterp {name} --bg\n{code}")
    later = re.compile(rf"running in {name}, [1-9][\d.]+ s")
    messages = collect(kernel, started, lambda m: later.search(m["content"].get("data", {}).get("text/plain", "")))
    end.touch()
    messages += collect(kernel, started, is_state("done", name))
    messages = [m for m in messages if f" in {name}" in m["content"]["data"]["text/plain"]]
    texts = [m["content"]["data"]["text/plain"] for m in messages]
    ids = {m["content"]["transient"]["display_id"] for m in messages}
    assert messages[0]["msg_type"] == "display_data"
    assert len(ids) == 1
    assert [re.sub(r"Job \d+|, [\d.]+ s", "", text) for text in texts[:2]] == [
        f"<: queued in {name}>", f"<: running in {name}>",
    ]  # fmt: skip


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


def test_stop_withdraws_a_queued_cell_and_leaves_the_job_running(kernel, name):
    kernel.run(f"%%subinterp {name} --job j\nimport time\nwhile True: time.sleep(0.01)")
    waiting = kernel.send(f"%%subinterp {name}\nran = 1", stop_on_error=False)
    kernel.wait_for_text("is busy")
    time.sleep(1)  # the note is printed just before the cell is queued, which nothing shows
    kernel.interrupt()
    answer = kernel.collect(waiting)
    assert (answer.reply["ename"], answer.reply["evalue"]) == (
        "KeyboardInterrupt", f"the cell was still queued in interpreter '{name}'",
    )  # fmt: skip
    assert kernel.run("j.state").result == "'running'"
    kernel.run(f"j.interrupt()\n%subinterp wait {name}")
    assert kernel.run(f"%%subinterp {name}\n'ran' in globals()").result == "False"


def test_stop_ends_the_waiting_and_not_the_job(kernel, name):
    kernel.run(f"%%subinterp {name} --job j\nimport time\nwhile True: time.sleep(0.01)")
    waiting = kernel.send("print('waiting'); j.result()", stop_on_error=False)
    kernel.wait_for_text("waiting")
    time.sleep(0.2)
    kernel.interrupt()
    assert kernel.reply_to(waiting)["ename"] == "KeyboardInterrupt"
    assert kernel.run("j.state").result == "'running'"
    kernel.run(f"j.interrupt()\n%subinterp wait {name}")


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


WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROL = "jupyter.widget.control"


def start_with_button(kernel, name, code="while True: time.sleep(0.01)"):
    """Start a job; return the id of its message, the comms of its widgets by the class, and the view of its button."""
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    started = kernel.send(f"%%subinterp {name} --job j\nimport time\n{code}")
    opened = {}
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != started:
            continue
        content = message["content"]
        if message["msg_type"] == "comm_open":
            opened[content["data"]["state"].get("_model_name")] = content["comm_id"]
        elif message["msg_type"] == "display_data" and WIDGET in content["data"]:
            return started, opened, content["data"][WIDGET]


def test_the_display_has_a_stop_button_where_there_are_widgets(kernel, name):
    started, opened, view = start_with_button(kernel, name)
    assert view["model_id"] == opened["VBoxModel"]
    collect(kernel, started, is_state("running", name))  # a job that has not begun would be cancelled
    click = {"comm_id": opened["ButtonModel"], "data": {"method": "custom", "content": {"event": "click"}}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", click))
    awaited = {"stopped", "button gone"}  # in whichever order

    def is_last(message):
        if is_state("stopped", name)(message):
            awaited.discard("stopped")
        if message["content"].get("data") == {"text/plain": ""}:
            awaited.discard("button gone")
        return not awaited

    collect(kernel, started, is_last)


def test_the_status_is_stored_without_a_widget(kernel, name):
    started, *_ = start_with_button(kernel, name)
    running = collect(kernel, started, is_state("running", name))[-1]["content"]["data"]
    assert set(running) == {"text/plain", "text/html"}
    assert f"</b> running in {name}" in running["text/html"]
    kernel.run("j.interrupt(); j.wait()")


def test_a_page_that_was_loaded_later_gets_status_and_output_in_the_widget(kernel, name):
    _, opened, _ = start_with_button(kernel, name, "print('a line')\nwhile True: time.sleep(0.01)")
    client = kernel.client
    while kernel.run("j.stdout").result != repr("a line\n"):
        time.sleep(0.02)
    page = client.session.clone()
    page.session = "another page"
    client.shell_channel.send(page.msg("comm_open", {"comm_id": "c", "target_name": CONTROL, "data": {}}))
    shown = ""
    while "a line" not in shown:
        message = client.get_iopub_msg(timeout=60)
        if message["content"].get("comm_id") == opened["HTMLModel"]:
            shown = message["content"]["data"].get("state", {}).get("value", "")
    assert f"</b> running in {name}" in shown
    kernel.run("j.interrupt(); j.wait()")
    assert kernel.run("'KeyboardInterrupt' in j._display._status_with_output()").result == "True"


def test_connecting_the_same_page_again_changes_nothing(kernel, name):
    start_with_button(kernel, name)
    client = kernel.client
    client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "d", "target_name": CONTROL, "data": {}}))
    assert kernel.run("j._display._stop_button._shows_status").result == "False"
    kernel.run("j.interrupt(); j.wait()")


def test_a_kernel_with_jobs_ends_soon_and_quietly():
    from kernel_client import KernelClient

    client = KernelClient("subinterp")
    try:
        client.run("%%subinterp a --bg\nwhile True: pass")
        client.run("%%subinterp a --bg\n1")
        client.send("%subinterp wait")
        seconds, status = client.request_shutdown()
        assert (seconds < 20, status, client.stderr) == (True, 0, "")
    finally:
        client.shut_down()


def test_nbclient_ends_cleanly_while_a_job_runs():
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    from nbformat.v4 import new_code_cell, new_notebook

    cells = ["%%subinterp a --job j\nprint('up')\nwhile True: pass", "while not j.stdout: pass", "j.state"]
    notebook = new_notebook(cells=[new_code_cell(code) for code in cells])
    nbclient.NotebookClient(notebook, kernel_name="subinterp", timeout=60).execute()
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "'running'"


@pytest.mark.parametrize(
    "later", ["%subinterp wait", "import time; time.sleep(1)\nj.result()", "while not j.done(): pass"]
)
def test_a_later_cell_brings_the_stored_display_up_to_date(later):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    from nbformat.v4 import new_code_cell, new_notebook

    cells = ["%%subinterp a --job j\nimport time; time.sleep(0.5)", later]
    notebook = new_notebook(cells=[new_code_cell(code) for code in cells])
    nbclient.NotebookClient(notebook, kernel_name="subinterp", timeout=60).execute()
    assert ": done in a" in notebook.cells[0].outputs[0]["data"]["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in notebook.cells[0].outputs[0]["data"]
