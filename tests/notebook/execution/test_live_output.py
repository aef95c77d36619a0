"""Output of one cell in several interpreters while it runs: in a notebook, and in the order of arrival."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from conditions import until
from magic_calls import cell

from subinterp_kernel.messaging import protocol
from subinterp_kernel.notebook.output.grouping import GroupedOutput
from subinterp_kernel.notebook.scheduler import Scheduler


def wait_for_view(kernel):
    """Wait for the display that is shown while the cell runs, with the text of both; return its data."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=100)
        if message["msg_type"] in ("display_data", "update_display_data"):
            data = message["content"]["data"]
            if "[b]\nfirst" in data.get("text/html", ""):
                return data


def test_a_notebook_shows_what_each_prints_before_the_cell_has_ended(kernel):
    running = kernel.send("%%subinterp a,b\nimport time\nprint('first', rank)\nwhile True: time.sleep(0.01)")
    assert wait_for_view(kernel) == {"text/html": "<pre>[a]\nfirst 0</pre><pre>[b]\nfirst 1</pre>"}
    kernel.interrupt()
    assert kernel.collect(running).reply["ename"] == "CompositeError"


def test_the_final_output_by_interpreter_replaces_it(kernel, tmp_path):
    gate = tmp_path / "gate"
    body = "import os, sys, time\nprint('first', rank)\n"
    body += f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\nprint('last', file=sys.stderr)\nrank"
    running = kernel.send(f"%%subinterp a,b\n{body}")
    wait_for_view(kernel)
    gate.touch()
    answer = kernel.collect(running)
    final = answer.outputs[answer.kinds.index("clear_output") + 1 :]
    assert [message["content"].get("text", message["msg_type"]) for message in final] == [
        "[a]\nfirst 0\n", "last\n", "execute_result", "[b]\nfirst 1\n", "last\n", "execute_result",
    ]  # fmt: skip


def test_a_short_cell_shows_only_its_final_output(kernel):
    def outputs():
        answer = kernel.run("%%subinterp a,b\nimport sys\nprint(rank)\nprint('err', file=sys.stderr)")
        return [message["content"].get("text", message["msg_type"]) for message in answer.outputs]

    until(lambda: outputs() == ["[a]\n0\n", "err\n", "[b]\n1\n", "err\n"])  # on a busy machine, it is not always short


def test_other_output_of_the_notebooks_cell_is_not_cleared(kernel):
    body = "import time; print(rank); time.sleep(1.5)"
    answer = kernel.run(f"print('header')\nget_ipython().run_cell_magic('subinterp', 'a,b', {body!r})")
    assert answer.text().startswith("header\n")
    assert sorted(answer.text().splitlines()[1:]) == ["[a] 0", "[b] 1"]
    assert "clear_output" not in answer.kinds


def test_a_job_shows_lines_with_labels(kernel):
    kernel.run("%%subinterp a,b --job j\nprint('up', rank)")
    assert kernel.run("j.wait(60); print(*sorted(j.stdout.splitlines()), sep='; ')").text() == "[a] up 0; [b] up 1\n"


def test_clearing_the_output_clears_only_that_of_its_interpreter(shell):
    body = "from IPython.display import clear_output\nprint('old', rank)\nif rank: clear_output(); print('new')"
    assert cell(shell, "a,b", body).stdout == "[a]\nold 0\n[b]\nnew\n"


BAR = "\r  0%|   | 0/2\r 50%|#  | 1/2\r100%|## | 2/2\n"


def arranged(group, events, while_running="final"):
    """Return what is shown of such events: (target, kind, text)."""
    shown = []
    output = GroupedOutput(
        lambda kind, payload: shown.append((kind, payload.decode())), ["a", "b"], group, while_running, Scheduler()
    )
    for target, kind, text in events:
        output.sinks[target](kind, text.encode())
    output.finish()
    return [(kind, text) for kind, text in shown if kind != protocol.FLUSH]


def screen(shown):
    """Return the lines that a terminal shows of such output, without the spaces at their ends."""
    lines = "".join(text for _, text in shown).split("\n")
    result = []
    for line in lines:
        cells: list[str] = []
        for state in line.split("\r"):
            cells[: len(state)] = state
        result.append("".join(cells).rstrip())
    return result[:-1] if result[-1] == "" else result


@pytest.mark.parametrize("size", [1, 3, 7, len(BAR)])
def test_progress_bars_keep_their_labels(size):
    parts = [BAR[start : start + size] for start in range(0, len(BAR), size)]
    shown = arranged("order", [(target, protocol.STDERR, part) for part in parts for target in (0, 1)])
    assert screen(shown) == ["[a] 100%|## | 2/2", "[b] 100%|## | 2/2"]


def test_a_line_overwrites_a_longer_bar_of_another_interpreter():
    events = [(0, protocol.STDERR, "\ra very long progress bar"), (1, protocol.STDERR, "short\n")]
    shown = arranged("order", events)
    assert screen(shown) == ["[b] short", "[a] a very long progress bar"]


def test_a_bar_that_was_cleared_leaves_no_line():
    shown = arranged("order", [(0, protocol.STDERR, "\r 50%|# |"), (0, protocol.STDERR, "\r         \r")])
    assert screen(shown)[-1].strip() in ("", "[a]")


def test_one_stream_is_flushed_before_the_other_is_written():
    shown = []
    output = GroupedOutput(lambda kind, _: shown.append(kind), ["a", "b"], "name", "captured", Scheduler())
    for sink in output.sinks:
        sink(protocol.STDERR, b"bar\n")
    output.finish()
    streams = [kind for kind in shown if kind != protocol.FLUSH]
    assert streams == [protocol.STDOUT, protocol.STDERR] * 2
    assert not any({one, other} == {protocol.STDOUT, protocol.STDERR} for one, other in pairwise(shown))


def test_displays_are_shown_with_the_name_of_their_interpreter():
    display = json.dumps({"data": {"text/plain": "table"}, "metadata": {}, "transient": {}, "update": False})
    shown = arranged("order", [(1, protocol.STDOUT, "part"), (1, protocol.DISPLAY, display)])
    assert shown == [(protocol.STDOUT, "[b] part\n"), (protocol.STDOUT, "[b]\n"), (protocol.DISPLAY, display)]


def test_the_bars_of_tqdm_notebook_are_text(kernel):
    pytest.importorskip("tqdm")
    code = "from tqdm.notebook import tqdm, trange\nsum(tqdm([1, 2], display=True)), len(list(trange(3)))"
    answer = kernel.run(f"%%subinterp a\n{code}")
    assert answer.result == "(3, 3)"
    assert "2/2" in answer.text("stderr")
    assert "3/3" in answer.text("stderr")
    assert answer.kinds.count("display_data") == 0
