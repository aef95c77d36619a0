"""An interrupt raises KeyboardInterrupt once in the running code and leaves the interpreter usable."""

from __future__ import annotations

import _thread
import threading
import time

import pytest
from conditions import until, until_it_waits

import subinterp_kernel as sk
from subinterp_kernel.messaging import protocol

WAITS = {
    "loop": "while True: pass",
    "sleep": "import time; time.sleep(60)",
    "event": "import threading; threading.Event().wait()",
    "event with timeout": "import threading; threading.Event().wait(60)",
    "queue": "import queue; queue.Queue().get()",
    "join": "import threading, time\nt = threading.Thread(target=time.sleep, args=(1,)); t.start()\n"
    "while True: t.join(0.1)",
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(60))",
    "subprocess": "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(2)'])",
    "future": "import concurrent.futures as f; f.Future().result()",
    "select": "import selectors, os\ns = selectors.DefaultSelector(); s.register(os.pipe()[0], 1)\nwhile 1: s.select()",
    "generator": "def g():\n    while True: yield\nfor _ in g(): pass",
}


@pytest.mark.parametrize("code", WAITS.values(), ids=WAITS.keys())
def test_an_interrupt_ends_running_code(interpreter, code):
    interpreter.exec("kept = 1")
    future = interpreter.submit(exec, code)
    until_it_waits(interpreter, 0.2)
    assert interpreter.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(60)
    assert interpreter.get("kept") == 1


def test_interrupting_an_idle_interpreter_returns_false(interpreter):
    assert not interpreter.interrupt()
    interpreter.exec("x = 1")


CALLBACK_OF_IMPORTLIB = """
import weakref
class Lock: pass
code = compile("def callback(reference): raise KeyboardInterrupt", "<frozen importlib._bootstrap>", "exec")
exec(code)
reference = weakref.ref(Lock(), callback)
"""


def test_an_interrupt_that_a_callback_of_the_import_system_swallows_is_raised_again(interpreter, capfd):
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        interpreter.exec(f"{CALLBACK_OF_IMPORTLIB}for _ in range(1000): pass")
    assert capfd.readouterr().err == ""


def test_many_interrupts_raise_once_and_only_in_the_running_code(interpreter):
    ready = sk.SharedBlock(1)
    interpreter.prepare_main(ready=ready, caught=0)
    code = (
        "import __main__\ntry:\n    memoryview(__main__.ready)[0] = 1\n    while True: pass\n"
        "except KeyboardInterrupt:\n    __main__.caught += 1"
    )
    for _ in range(20):
        memoryview(ready)[0] = 0
        future = interpreter.submit(exec, code)
        while not memoryview(ready)[0]:
            assert not future.done()
        for _ in range(50):
            interpreter.interrupt()
        future.exception(60)
        interpreter.exec("after = 1")
    # Once each, unless another interrupt came while the handler ran.
    assert 10 <= interpreter.get("caught") <= 20


def test_code_can_catch_the_interrupt_and_continue(interpreter):
    ready = sk.Event()
    interpreter.prepare_main(ready=ready)
    code = (
        "import __main__, time\ntry: __main__.ready.set(); time.sleep(60)\n"
        "except KeyboardInterrupt: __main__.said = 'tidied up'"
    )
    future = interpreter.submit(exec, code)
    assert ready.wait(60)
    interpreter.interrupt()
    assert future.result(60) is None
    assert interpreter.get("said") == "tidied up"


def test_patched_sleep_behaves_as_the_original(interpreter):
    begin = time.monotonic()
    interpreter.exec("import time; time.sleep(0.2)")
    assert 0.19 < time.monotonic() - begin < 20
    for bad in ("-1", "'x'", "float('nan')"):
        with pytest.raises(sk.ExecutionFailed, match=r"ValueError|TypeError"):
            interpreter.exec(f"import time; time.sleep({bad})")


BAD_ARGUMENTS = {
    "False, 1": "can't specify a timeout for a non-blocking call",
    "True, -2": "timeout value must be a non-negative number",
    "timeout=1e30": "OverflowError",
}


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS)
def test_patched_locks_refuse_the_arguments_that_the_original_refuses(interpreter, arguments):
    with pytest.raises(sk.ExecutionFailed, match=BAD_ARGUMENTS[arguments]):
        interpreter.exec(
            f"import threading; threading.Condition().wait.__globals__['_allocate_lock']().acquire({arguments})"
        )


def test_patched_waits_respect_their_timeout(interpreter):
    assert interpreter.call(eval, "__import__('threading').Event().wait(0.15)") is False
    with pytest.raises(sk.ExecutionFailed, match="Empty"):
        interpreter.exec("import queue; queue.Queue().get(timeout=0.15)")
    with pytest.raises(sk.ExecutionFailed, match="TimeoutExpired"):
        interpreter.exec("import subprocess; subprocess.run(['sleep', '5'], timeout=0.15)")


def test_a_patched_selector_waits_for_its_whole_timeout(interpreter):
    interpreter.exec(
        "import os, selectors, time\n"
        "selector = selectors.DefaultSelector(); r, w = os.pipe(); selector.register(r, selectors.EVENT_READ)\n"
        "begin = time.monotonic(); ready = selector.select(0.35); took = time.monotonic() - begin\n"
        "os.write(w, b'x'); then = len(selector.select())\n"
        "selector.close(); os.close(r); os.close(w); nothing = ready == []"
    )
    assert interpreter.get("nothing")
    assert interpreter.get("took") >= 0.34
    assert interpreter.get("then") == 1


def test_a_nested_wait_is_interrupted_too(interpreter):
    with sk.create("inner"):
        code = "import subinterp_kernel as sk; sk.get('inner').exec('while True: pass')"
        future = interpreter.submit(exec, code)
        until(sk.get("inner").is_running)
        interpreter.interrupt()
        with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
            future.result(60)
        assert not sk.get("inner").is_running()


def test_ctrl_c_in_main_interrupts_the_code_it_waits_for(run_python):
    done = run_python(
        "import subinterp_kernel as sk\n"
        "a = sk.create('a')\n"
        "code = 'import os, signal, time\\ntry: os.kill(os.getpid(), signal.SIGINT); time.sleep(60)\\n'\n"
        "try: a.exec(code + 'finally: print(\"inside ended\")')\n"
        "except KeyboardInterrupt: print('main interrupted', a.is_running())\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "inside ended\nmain interrupted False\n"


def test_interrupts_at_random_times_leave_the_interpreter_usable(interpreter):
    worker = interpreter._worker
    for number in range(300):
        request = worker.request(protocol.EXEC, b"for i in range(200): pass")
        request.post()
        for _ in range(number % 7):
            interpreter.interrupt()
        assert request.wait(60)
    interpreter.exec("fine = 1")
    assert interpreter.get("fine") == 1


def test_a_notification_between_two_slices_of_a_wait_is_not_lost(interpreter):
    """The notifier holds the lock for longer than a slice, so slices end before the notification comes."""
    interpreter.exec(
        "import threading, time\n"
        "condition, woken = threading.Condition(), []\n"
        "def wait():\n"
        "    with condition: woken.append(condition.wait(60))\n"
        "thread = threading.Thread(target=wait); thread.start()\n"
        "time.sleep(0.05)\n"
        "with condition: time.sleep(0.35); condition.notify()\n"
        "thread.join(60)"
    )
    assert interpreter.get("woken") == [True]


def test_an_interrupt_while_the_shell_is_created_ends_only_the_cell(shell):
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1):
        with sk.create("young") as young:

            def interrupt(young=young, delay=delay):
                until(young.is_running)
                time.sleep(delay)
                young.interrupt()

            thread = threading.Thread(target=interrupt)
            thread.start()
            result = shell.run_cell("%%subinterp young\nimport time; time.sleep(20)")
            thread.join(60)
            assert type(result.error_in_exec).__name__ == "KeyboardInterrupt"
            shell.run_cell("%%subinterp young -o answer\nanswer = 6 * 7").raise_error()
            assert shell.user_ns.pop("answer") == 42


def test_ctrl_c_withdraws_a_queued_call_and_does_not_interrupt_the_running_one(interpreter):
    future = interpreter.submit(exec, "import time; time.sleep(1)")
    timer = threading.Timer(0.2, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        interpreter.exec("ran = 1")
    timer.join()
    assert future.result(60) is None
    with pytest.raises(KeyError):
        interpreter.get("ran")


def test_an_interrupt_ends_a_command_that_waits(shell):
    shell.run_cell_magic("subinterp", "a --job job", "!echo started; sleep 60")
    job = shell.user_ns["job"]
    while "started" not in job.stdout:
        time.sleep(0.01)
    job.interrupt()
    assert type(job.exception(30)).__name__ == "KeyboardInterrupt"


ENDLESS = """
import __main__
class Endless(Exception):
    def __str__(self):
        __main__.calls += 1
        memoryview(__main__.ready)[0] = 1
        while True: pass
"""


@pytest.mark.parametrize(
    "code", ["raise Endless", "try: raise Endless\nexcept Endless: 1 / 0"], ids=["error", "context"]
)
def test_an_interrupt_ends_the_description_of_an_error(interpreter, code):
    ready = sk.SharedBlock(1)
    interpreter.prepare_main(ready=ready, calls=0)
    interpreter.exec(ENDLESS)
    future = interpreter.submit(exec, f"from __main__ import Endless\n{code}")
    while not memoryview(ready)[0]:
        assert not future.done()
    interpreter.interrupt()
    error = future.exception(20)
    assert isinstance(error, sk.ExecutionFailed)
    assert error.excinfo.type.__name__ in ("Endless", "ZeroDivisionError")
    assert interpreter.get("calls") == 1
