"""input() and getpass() in cells of sub-interpreters, over the stdin channel."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PREFIXES = {"plain": "", "inside": "%%subinterp a\n"}
both = pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)


def converse(kernel, code, *answers):
    """Run a cell that asks; return the answer to it, and what was asked."""
    request = kernel.send(code, allow_stdin=True)
    asked = []
    for text in answers:
        asked.append(kernel.asked())
        kernel.client.input(text)
    return kernel.collect(request), asked


@both
def test_input_returns_the_answer_of_the_frontend(kernel, prefix):
    answer, asked = converse(kernel, prefix + "name = input('name? ')\nname, input()", "Ada", "")
    assert asked == [{"prompt": "name? ", "password": False}, {"prompt": "", "password": False}]
    assert answer.result == "('Ada', '')"


@both
def test_getpass_requests_a_password(kernel, prefix):
    answer, asked = converse(kernel, prefix + "import getpass\nlen(getpass.getpass())", "geheim")
    assert asked == [{"prompt": "", "password": True}]
    assert answer.result == "6"


@both
def test_earlier_output_is_shown_before_the_prompt(kernel, prefix):
    request = kernel.send(prefix + "print('first')\ninput()", allow_stdin=True)
    kernel.wait_for_text("first")
    kernel.asked()
    kernel.client.input("x")
    assert kernel.collect(request).result == "'x'"


@both
def test_a_frontend_without_input_gets_an_error(kernel, prefix):
    answer = kernel.run(prefix + "input('?')", allow_stdin=False)
    assert answer.reply["ename"] == "StdinNotImplementedError"
    assert "raw_input was called, but this frontend does not support input requests" in answer.reply["evalue"]


@pytest.mark.parametrize("code", ["input('?')", "import getpass; getpass.getpass()"])
def test_a_job_that_asks_for_input_fails_and_says_what_to_do(kernel, code):
    kernel.run(f"%%subinterp a --job j\n{code}")
    told = kernel.run("str(j.exception(20))").result
    assert told == "'a job cannot ask for input: run the cell without --bg, or copy the value in with -i'"
    assert converse(kernel, "%%subinterp a\ninput('?')", "yes")[0].result == "'yes'"


@both
def test_an_interrupt_ends_input(kernel, prefix):
    request = kernel.send(prefix + "input('?')", allow_stdin=True, stop_on_error=False)
    kernel.asked()
    kernel.interrupt()
    assert kernel.collect(request).reply["ename"] == "KeyboardInterrupt"
    assert converse(kernel, prefix + "input()", "again")[0].result == "'again'"


def test_an_interrupt_ends_input_beside_a_thread_that_computes(kernel):
    busy = "import threading\nover = False\ndef compute():\n    while not over: pass\n"
    code = f"%%subinterp a\n{busy}threading.Thread(target=compute).start()\ntry: input('?')\nfinally: over = True"
    request = kernel.send(code, allow_stdin=True, stop_on_error=False)
    kernel.asked()
    kernel.interrupt()
    assert kernel.collect(request).reply["ename"] == "KeyboardInterrupt"


@both
def test_the_debugger_reads_commands_from_the_frontend(kernel, prefix):
    kernel.run(prefix + "def f(x):\n    y = x + 1\n    return 1 / 0\nf(41)", stop_on_error=False)
    answer, asked = converse(kernel, prefix + "%debug", "p x + y", "q")
    assert [question["prompt"] for question in asked] == ["ipdb> "] * 2
    assert "83" in answer.text()
    assert answer.reply["status"] == "ok"


@both
def test_automatic_pdb_starts_after_an_error(kernel, prefix):
    kernel.run(prefix + "%pdb on", stop_on_error=False)
    answer, asked = converse(kernel, prefix + "n = 7\n1 / 0", "p n * 6", "q")
    kernel.run(prefix + "%pdb off")
    assert len(asked) == 2
    assert "42" in answer.text()
    assert answer.reply["ename"] == "ZeroDivisionError"


def test_input_reads_from_a_replaced_sys_stdin(kernel):
    code = (
        "%%subinterp a\n"
        "import io, sys\n"
        "kept, sys.stdin = sys.stdin, io.StringIO('typed\\n')\n"
        "try: print(repr(input('> ')))\n"
        "finally: sys.stdin = kept\n"
        "input()"
    )
    answer, asked = converse(kernel, code, "again")
    assert "> 'typed'" in answer.text()
    assert len(asked) == 1
    assert answer.result == "'again'"


def test_only_cells_can_ask(kernel):
    code = (
        "import subinterp_kernel as sk\n"
        "try: sk.get('a').exec('input()')\n"
        "except sk.ExecutionFailed as failed: print(failed.excinfo.formatted)"
    )
    kernel.run("%%subinterp a\n1", allow_stdin=True)
    assert "only a notebook cell can ask for input" in kernel.run(code, allow_stdin=True).text()


def test_only_the_thread_of_the_cell_can_ask(kernel):
    code = (
        "%%subinterp a\n"
        "import threading\n"
        "def ask():\n"
        "    try: input()\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
        "t = threading.Thread(target=ask); t.start(); t.join(60)"
    )
    assert "only the thread that runs the cell" in kernel.run(code, allow_stdin=True).text()


def test_in_a_terminal_input_reads_from_the_terminal(tmp_path):
    cell = r"print(\'hello\', input(\'who? \'))"
    lines = ("%load_ext subinterp_kernel", f"get_ipython().run_cell_magic('subinterp', 'a', '{cell}')", "world")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    assert "who? " in done.stdout
    assert "hello world" in done.stdout
