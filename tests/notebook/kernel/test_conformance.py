"""Every sample is sent twice, plain and behind ``%%subinterp a``: replies and iopub messages must be the same."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from conformance_code import BAD, CODE
from conformance_errors import ERRORS
from conformance_samples import OUTPUTS, Sample
from kernel_client import KernelClient

_NUMBERS = (
    # Where the cell's number or an address is part of a text.
    (r"(\x1b\[[\d;]*m)*\b(Cell )?(\x1b\[[\d;]*m)*In ?\[\d+\]", "In[N]"),
    (r"Out\[\d+\]", "Out[N]"),
    (r"/tmp/ipykernel_\d+/\d+\.py", "CELL.py"),
    (r"\b\d{5,}\.py", "CELL.py"),
    (r"0x[0-9a-f]{6,}", "0xADDRESS"),
    (r"\(\d{6,}\)", "(THREAD)"),
)


Message = tuple[str, bool, Any]  # type, whether the cell is its parent, content


def send(kernel: KernelClient, code: str) -> tuple[dict[str, Any], list[Message]]:
    """Run one cell; return its reply's content and what it showed."""
    message_id = kernel.send(code, stop_on_error=False)
    answer = kernel.collect(message_id)
    shown: list[Message] = []
    for message in answer.outputs:
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and shown and shown[-1][0] == kind and shown[-1][2]["name"] == content["name"]:
            shown[-1][2]["text"] += content["text"]  # how a text is cut into messages is a matter of timing
        else:
            shown.append((kind, message["parent_header"]["msg_id"] == message_id, content))
    return answer.reply, shown


def normal(value: Any, hide: tuple[str, ...]) -> Any:
    """Replace what may differ in all texts of a message."""
    if isinstance(value, dict):
        return {k: normal(v, hide) for k, v in value.items() if k not in ("execution_count", "engine_info")}
    if isinstance(value, list | tuple):
        return [normal(item, hide) for item in value]
    if isinstance(value, str):
        for pattern, replacement in (*_NUMBERS, *((pattern, "") for pattern in hide)):
            value = re.sub(pattern, replacement, value)
    return value


def loosened(reply: dict[str, Any], shown: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """Remove the order of messages, and how errors are rendered."""
    reply.pop("traceback", None)
    return reply, sorted((message for message in shown if message[0] != "error"), key=str)


def run(kernel: KernelClient, sample: Sample, inside: bool) -> list[Any]:
    """Run a sample's cells from a fresh start, plain or inside."""
    kernel.run("%reset -f")
    kernel.run("%subinterp reset a")
    results = []
    for code in sample.cells:
        reply, shown = normal(send(kernel, ("%%subinterp a\n" if inside else "") + code), sample.hide)
        shown = [message for message in shown if message[0] != "stream" or message[2]["text"]]
        results.append(loosened(reply, shown) if sample.loose else (reply, shown))
    return results


@pytest.fixture(scope="module", autouse=True)
def _interpreter(kernel):
    kernel.run("%subinterp new a")


@pytest.mark.parametrize("sample", (OUTPUTS | ERRORS | CODE).values(), ids=(OUTPUTS | ERRORS | CODE).keys())
def test_a_cell_inside_looks_like_a_plain_one(kernel, sample):
    assert run(kernel, sample, inside=True) == run(kernel, sample, inside=False)


@pytest.mark.parametrize(("code", "message"), BAD.values(), ids=BAD.keys())
def test_what_makes_no_sense_is_one_clear_error(kernel, code, message):
    reply, shown = send(kernel, code)
    assert reply["status"] == "error"
    assert re.search(message, reply["evalue"])
    assert len(shown) == 1
    assert kernel.run("%%subinterp a\n6 * 7").result == "42"


def test_a_cell_of_ten_megabytes_runs(kernel):
    answer = kernel.run(f"%%subinterp a\nbig = '{'x' * 10_000_000}'\nlen(big)")
    assert answer.result == "10000000"


def test_a_name_may_have_an_emoji(kernel):
    assert kernel.run("%%subinterp na🐍me\n1").result == "1"


@pytest.mark.parametrize("line", ["%%subinterp --help\n1", "%%subinterp -h\n1", "%%subinterp?", "%subinterp --help"])
def test_help_pages_the_docstring(kernel, line):
    (payload,) = kernel.run(line).reply["payload"]
    assert payload["source"] == "page"
    assert line.split()[0].rstrip("?") + " " in payload["data"]["text/plain"]


@pytest.mark.parametrize("code", ["'\ud800' == '?'", "True  # \ud800"])
def test_lone_surrogates_in_a_body_do_no_harm(shell, code):
    assert shell.run_cell(f"%%subinterp a -o x\nx = {code}").success


def test_a_lone_surrogate_in_a_name_is_refused(shell):
    error = shell.run_cell("%%subinterp \ud800\n1").error_in_exec
    assert "cannot name an interpreter" in str(error)


def test_a_display_is_updated_from_another_interpreter(kernel):
    kernel.run("%%subinterp a\ndisplay('from a', display_id='everywhere');")
    for first_line in ("", "%%subinterp b\n"):
        code = "from IPython.display import update_display\nupdate_display('changed', display_id='everywhere')"
        content = kernel.run(first_line + code).content("update_display_data")
        assert content["data"]["text/plain"] == "'changed'"
        assert content["transient"] == {"display_id": "everywhere"}


def test_cd_warns_once(kernel):
    here = kernel.run("%%subinterp fresh\nimport os; here = os.getcwd()\nprint(here)").text().strip()
    assert "for all interpreters" in kernel.run("%%subinterp fresh\n%cd /").text()
    answer = kernel.run("%%subinterp fresh\n%cd $here")
    assert (answer.text(), answer.text("stderr")) == (f"{here}\n", "")


def test_the_extension_is_refused_inside_and_nothing_of_it_is_loaded(kernel):
    answer = kernel.run("%%subinterp a\n%load_ext subinterp_kernel", stop_on_error=False)
    assert answer.text("stderr").startswith("UsageError: %load_ext subinterp_kernel works in the main interpreter only")
    answer = kernel.run("%%subinterp a\n%subinterp list", stop_on_error=False)
    assert "works in the main interpreter only" in answer.reply["evalue"]
    loaded = "import sys; [name for name in sys.modules if name.startswith('subinterp_kernel.notebook')]"
    assert kernel.run(f"%%subinterp a\n{loaded}").result == "[]"


def test_a_stopped_coroutine_does_not_go_on_in_the_next_cell(kernel):
    code = "import asyncio\ngo = asyncio.Event()\nprint('started')\nawait go.wait()\nprint('went on')"
    message_id = kernel.send(f"%%subinterp a\n{code}", stop_on_error=False)
    kernel.wait_for_text("started")
    kernel.interrupt()
    assert kernel.reply_to(message_id)["ename"] == "KeyboardInterrupt"
    assert kernel.run("%%subinterp a\ngo.set()\nawait asyncio.sleep(0.3)\nprint('next')").text() == "next\n"


@pytest.mark.parametrize("first_line", ["", "%%subinterp a\n"], ids=["plain", "inside"])
def test_a_task_prints_into_the_cell_that_made_it_when_no_cell_runs(kernel, first_line):
    code = (
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.2)\n    print('late')\nt = asyncio.create_task(f())"
    )
    message_id = kernel.send(first_line + code)
    kernel.collect(message_id)
    message = kernel.message_with_text("late")
    assert message["parent_header"]["msg_id"] == message_id


def test_stop_ends_a_cell_that_waits_behind_a_busy_task(kernel):
    code = "import asyncio\nasync def f():\n    await asyncio.sleep(0.2)\n    print('busy')\n    while True: pass\n"
    kernel.run(f"%%subinterp a\n{code}t = asyncio.create_task(f())")
    kernel.wait_for_text("busy")
    message_id = kernel.send("%%subinterp a\nprint('ran')", stop_on_error=False)
    time.sleep(1)  # long enough for the cell to wait
    kernel.interrupt()
    answer = kernel.collect(message_id)
    assert answer.reply["ename"] == "KeyboardInterrupt"
    assert answer.text() == ""
    assert kernel.run("%%subinterp a\n6 * 7").result == "42"


@pytest.mark.parametrize("imports", ["", "import asyncio\n"], ids=["plainly", "in a loop"])
def test_an_exception_with_a_broken_str_is_shown_by_its_own_traceback(kernel, imports):
    code = "class Rude(Exception):\n    def __str__(self): raise RuntimeError('no str')\nraise Rude"
    answer = kernel.run(f"%%subinterp a\n{imports}{code}", stop_on_error=False)
    assert (answer.reply["ename"], answer.kinds) == ("Rude", ["error"])
    shown = "\n".join(answer.content("error")["traceback"])
    assert "raise" in shown
    assert "File" not in shown  # only of the cell


def test_history_knows_only_the_cells_of_its_interpreter_by_the_numbers_of_the_notebook(kernel):
    kernel.run("%subinterp reset a")
    kernel.run("%%subinterp a\nfirst = 'needle'")
    kernel.run("elsewhere = 'needle'")
    number = kernel.run("%%subinterp a\nsecond = 2").reply["execution_count"]
    shown = kernel.run("%%subinterp a\n%history -n").text()
    assert [line.split(": ") for line in shown.splitlines()] == [
        [str(number - 2).rjust(4), "first = 'needle'"],
        [str(number).rjust(4), "second = 2"],
        [str(number + 1).rjust(4), "%history -n"],
    ]
    assert f"{number - 2}: first = 'needle'\n" in kernel.run("%%subinterp a\n%history -g nee*e").text()


def test_a_widget_is_plain_text_and_says_so_once(kernel):
    widget = "class W:\n    def _repr_mimebundle_(self, **k):\n        return {'text/plain': 'Slider()', "
    widget += "'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}}\n"
    answer = kernel.run(f"%%subinterp widgets\n{widget}display(W())\nW()")
    assert answer.text().count("main interpreter only") == 1
    for kind in ("display_data", "execute_result"):
        assert answer.content(kind)["data"] == {"text/plain": "Slider()"}


def test_an_error_inside_is_drawn_with_its_own_frames_where_main_draws_by_rich(kernel):
    kernel.run("ip = get_ipython()\nkept = ip.showtraceback\nfrom rich.traceback import install\ninstall();")
    answer = kernel.run("%%subinterp a\n1 / 0", stop_on_error=False)
    kernel.run("ip.showtraceback = kept\ndel ip._showtraceback")
    assert answer.kinds == ["error"]
    assert "1" in answer.content("error")["traceback"][-2]
