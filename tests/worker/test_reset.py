"""A reset restores what code has replaced outside of ``__main__``, also in an interpreter that runs cells."""

from __future__ import annotations

import pytest

import subinterp_kernel as sk
from subinterp_kernel.interpreters.interpreter import worker_of
from subinterp_kernel.messaging import protocol

DAMAGE = {
    "stdout": ("import sys; sys.stdout = None", "print('x')"),
    "stderr": ("import sys; del sys.stderr", "import sys; sys.stderr.write('x')"),
    "closed stdout": ("import sys; sys.stdout.close()", "print('x')"),
    "stdin": ("import sys; sys.stdin = 5", "import sys; assert sys.stdin != 5"),
    "displayhook": ("import sys; sys.displayhook = None", "import sys; sys.displayhook(None)"),
    "excepthook": ("import sys; del sys.excepthook", "import sys; sys.excepthook(ValueError, ValueError(), None)"),
    "module replaced": ("import sys; sys.modules['json'] = 5", "import json; json.dumps([])"),
    "module deleted": ("import sys; del sys.modules['os']", "import os, threading; assert os is threading._os"),
    "all modules deleted": ("import sys; sys.modules.clear()", "import __main__, json, os"),
    "sys.modules replaced": ("import sys; sys.modules = {}", "import sys; assert sys.modules['sys'] is sys"),
    "function replaced": ("import os; os.getcwd = None", "import os; os.getcwd()"),
    "function deleted": ("import time; del time.time", "import time; time.time()"),
    "class replaced": ("import threading; threading.Lock = None", "import threading; threading.Lock()"),
    "finders deleted": ("import sys; sys.meta_path.clear()", "import this"),
    "path hooks deleted": ("import sys; sys.path_hooks.clear(); sys.path_importer_cache.clear()", "import this"),
    # It raises in f only: CPython drops a trace function that raises, as it would in this package before the reset.
    "trace function": (
        "import sys; sys.settrace(lambda frame, *_: 1 / 0 if frame.f_code.co_name == 'f' else None)",
        "def f(): pass\nf()",
    ),
    "__builtins__": ("__builtins__ = {}", "def f(): return len\nf()"),
    "__name__": ("del __name__", "class C: pass"),
}


@pytest.mark.parametrize(("damage", "use"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_reset_repairs(interpreter, damage, use, capsys):
    interpreter.exec(damage)
    interpreter.reset()
    capsys.readouterr()
    interpreter.exec(use)


@pytest.mark.parametrize(("damage", "use"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_reset_repairs_an_interpreter_of_cells(shell, damage, use):
    shell.run_cell("%%subinterp worker\nimport json")
    shell.run_cell(f"%%subinterp worker\n{damage}")
    shell.run_cell("%subinterp reset worker")
    shell.run_cell(f"%%subinterp worker\n{use}").raise_error()
    shell.run_cell("%%subinterp worker -o answer\nanswer = 6 * 7").raise_error()
    assert shell.user_ns["answer"] == 42


@pytest.mark.parametrize("hook", ["settrace", "setprofile"])
def test_a_reset_right_behind_a_trace_function_that_raises_succeeds(interpreter, hook):
    gate = sk.SharedBlock(1)
    interpreter.prepare_main(gate=gate)
    sources = ["view = memoryview(gate)\nwhile not view[0]: pass", f"import sys; sys.{hook}(lambda *a: 1 / 0)"]
    requests = [worker_of(interpreter).request(protocol.EXEC, source.encode()) for source in sources]
    requests.append(worker_of(interpreter).request(protocol.RESET, b""))
    for request in requests:
        request.post()
    memoryview(gate)[0] = 1  # now the three run without a pause, in which the function would be called and removed
    assert requests[-1].wait(60)
    assert requests[-1].reply()[0] == protocol.RETURNED


def test_a_reset_keeps_imported_modules_and_their_state(interpreter):
    interpreter.exec("import csv, random, sys; random.seed(5); before = id(csv); expected = random.Random(5).random()")
    before, expected = interpreter.get("before"), interpreter.get("expected")
    interpreter.reset()
    interpreter.exec("import csv, random; after, number = id(csv), random.random()")
    assert interpreter.get("after") == before
    assert interpreter.get("number") == expected


def test_a_reset_keeps_a_private_environment(run_python):
    done = run_python(
        "import os, subinterp_kernel as sk\n"
        "a = sk.create(env={'OWN': '1'})\n"
        "a.reset()\n"
        'a.exec(\'import os; os.putenv("OWN", "2"); os.system("echo $OWN >&2")\')\n'
        "print(os.system('exit ${OWN:-0}'))"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "2\n")
