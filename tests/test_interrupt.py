"""KeyboardInterrupt reaches what runs inside, once, and leaves the interpreter usable."""

from __future__ import annotations

import _thread
import threading
import time

import pytest

import subinterp_kernel as sk
from subinterp_kernel import protocol

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
def test_an_interrupt_ends_it_with_keyboard_interrupt(interpreter, code):
    interpreter.exec("kept = 1")
    future = interpreter.submit(exec, code)
    while not interpreter.is_running():
        time.sleep(0.001)
    time.sleep(0.2)
    assert interpreter.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(10)
    assert interpreter.get("kept") == 1


def test_an_idle_interpreter_has_nothing_to_interrupt(interpreter):
    assert not interpreter.interrupt()
    interpreter.exec("x = 1")


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
        future.exception(10)
        interpreter.exec("after = 1")
    # Once each, unless a further one found the handler itself.
    assert 10 <= interpreter.get("caught") <= 20


def test_code_may_catch_it_and_go_on(interpreter):
    code = "import __main__, time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: __main__.said = 'tidied up'"
    future = interpreter.submit(exec, code)
    while not interpreter.is_running():
        time.sleep(0.001)
    time.sleep(0.1)
    interpreter.interrupt()
    assert future.result(10) is None
    assert interpreter.get("said") == "tidied up"


def test_sleep_keeps_its_meaning(interpreter):
    begin = time.monotonic()
    interpreter.exec("import time; time.sleep(0.2)")
    assert 0.19 < time.monotonic() - begin < 5
    for bad in ("-1", "'x'", "float('nan')"):
        with pytest.raises(sk.ExecutionFailed, match=r"ValueError|TypeError"):
            interpreter.exec(f"import time; time.sleep({bad})")


def test_waits_with_timeout_keep_their_meaning(interpreter):
    assert interpreter.call(eval, "__import__('threading').Event().wait(0.15)") is False
    with pytest.raises(sk.ExecutionFailed, match="Empty"):
        interpreter.exec("import queue; queue.Queue().get(timeout=0.15)")
    with pytest.raises(sk.ExecutionFailed, match="TimeoutExpired"):
        interpreter.exec("import subprocess; subprocess.run(['sleep', '5'], timeout=0.15)")


def test_a_selector_waits_its_whole_time(interpreter):
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
        while not sk.get("inner").is_running():
            time.sleep(0.001)
        interpreter.interrupt()
        with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
            future.result(10)
        assert not sk.get("inner").is_running()


def test_ctrl_c_in_main_ends_the_code_inside_first(run_python):
    done = run_python(
        "import os, signal, threading, subinterp_kernel as sk\n"
        "a = sk.create('a')\n"
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "try: a.exec('import time\\ntry: time.sleep(60)\\nfinally: print(\"inside ended\")')\n"
        "except KeyboardInterrupt: print('main interrupted', a.is_running())\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "inside ended\nmain interrupted False\n"


def test_interrupts_at_random_moments_never_break_the_loop(interpreter):
    worker = interpreter._worker
    for number in range(300):
        request = worker.request(protocol.EXEC, b"for i in range(200): pass")
        request.post()
        for _ in range(number % 7):
            interpreter.interrupt()
        assert request.wait(10)
    interpreter.exec("fine = 1")
    assert interpreter.get("fine") == 1


def test_a_notification_that_comes_between_two_slices_of_a_wait_is_not_lost(interpreter):
    """Whoever notifies holds the condition's lock for longer than a slice: the waiting side looks up meanwhile."""
    interpreter.exec(
        "import threading, time\n"
        "condition, woken = threading.Condition(), []\n"
        "def wait():\n"
        "    with condition: woken.append(condition.wait(10))\n"
        "thread = threading.Thread(target=wait); thread.start()\n"
        "time.sleep(0.05)\n"
        "with condition: time.sleep(0.35); condition.notify()\n"
        "thread.join(5)"
    )
    assert interpreter.get("woken") == [True]


def test_an_interrupt_while_the_shell_is_being_built_ends_the_cell_and_breaks_nothing(shell):
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1):
        with sk.create("young") as young:

            def interrupt(young=young, delay=delay):
                while not young.is_running():
                    time.sleep(0.001)
                time.sleep(delay)
                young.interrupt()

            thread = threading.Thread(target=interrupt)
            thread.start()
            result = shell.run_cell("%%subinterp young\nimport time; time.sleep(20)")
            thread.join(20)
            assert type(result.error_in_exec).__name__ == "KeyboardInterrupt"
            shell.run_cell("%%subinterp young -o answer\nanswer = 6 * 7").raise_error()
            assert shell.user_ns.pop("answer") == 42


def test_ctrl_c_takes_a_waiting_call_back_and_leaves_what_runs_alone(interpreter):
    future = interpreter.submit(exec, "import time; time.sleep(1)")
    timer = threading.Timer(0.2, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        interpreter.exec("ran = 1")
    timer.join()
    assert future.result(20) is None
    with pytest.raises(KeyError):
        interpreter.get("ran")
