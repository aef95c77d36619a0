"""The control layer: every request gets one reply, nothing can be misused into a crash, exit leaves CPython alone."""

from __future__ import annotations

import pytest
from conditions import until
from stuck_code import get_stuck

import subinterp_kernel as sk
from subinterp_kernel.interpreters.interpreter import worker_of
from subinterp_kernel.messaging import protocol


@pytest.mark.parametrize("name", ["control.Request", "control.Worker", "main_interpreter.EventBatch"])
def test_objects_made_without_their_makers_are_refused_and_harmless(stdout_of, name):
    code = (
        f"from subinterp_kernel.bindings import control, main_interpreter\ncls = {name}\n"
        "try: cls()\nexcept TypeError as error: print(error)\n"
        "made = cls.__new__(cls)\n"
        "for name in dir(cls):\n"
        "    if name in ('__init_subclass__', '__class__'): continue\n"
        "    for arguments in ((), (1,), (b'x',), ('x',), (0.0,), (1, b'x')):\n"
        "        try: getattr(made, name)(*arguments)\n"
        "        except Exception: pass\n"
        "print('alive')\n"
    )
    assert stdout_of(code).splitlines()[-1] == "alive"


def test_an_outbox_cannot_be_made_in_main():
    from subinterp_kernel.bindings import worker_thread

    for make in (worker_thread.Outbox, lambda: worker_thread.Outbox.__new__(worker_thread.Outbox)):
        with pytest.raises(RuntimeError, match="only a sub-interpreter's own thread"):
            make()


def test_a_reply_cannot_be_read_before_it_has_arrived(interpreter):
    request = worker_of(interpreter).request(protocol.EXEC, b"import time; time.sleep(60)")
    with pytest.raises(sk.InterpreterError, match="wait\\(\\) for it first"):
        request.reply()
    request.post()
    request.stop()
    assert request.wait(60)
    assert request.reply()[0] in (protocol.RAISED, protocol.WITHDRAWN)


def test_stop_withdraws_a_queued_request_and_interrupts_a_running_one(interpreter):
    worker = worker_of(interpreter)
    running = worker.request(protocol.EXEC, b"import time\nwhile True: time.sleep(0.01)")
    queued = worker.request(protocol.EXEC, b"ran = 1")
    running.post()
    queued.post()
    until(lambda: worker.state == "running")
    queued.stop()
    assert queued.wait(60)
    assert queued.reply()[0] == protocol.WITHDRAWN
    assert not running.done()
    running.stop()
    assert running.wait(60)
    assert running.reply()[0] == protocol.RAISED
    running.stop()  # nothing happens
    interpreter.exec("fine = 'ran' not in globals()")
    assert interpreter.get("fine") is True


def test_stop_reaches_a_request_at_whatever_moment_it_comes(interpreter):
    worker = worker_of(interpreter)
    for _ in range(200):
        request = worker.request(protocol.EXEC, b"import time\nwhile True: time.sleep(0.001)")
        request.post()
        request.stop()
        assert request.wait(60)
        assert request.reply()[0] in (protocol.RAISED, protocol.WITHDRAWN)


@pytest.mark.parametrize("size", [3_000_000, 30_000_000])
def test_a_result_of_any_size_gets_a_reply(interpreter, size):
    assert len(interpreter.call(bytes, size)) == size


def test_a_result_that_was_released_meanwhile_is_an_error_and_not_silence(interpreter):
    interpreter.exec(
        "import subinterp_kernel as sk\n"
        "class Fake:\n"
        "    _crosses_by_reference = True\n"
        "    id = 12345\n"
        "    def __reduce__(self): return int, ()\n"
    )
    with pytest.raises(sk.ExecutionFailed, match="was released while it was being sent"):
        interpreter.call(eval, "__import__('__main__').Fake()")
    assert interpreter.call(pow, 2, 3) == 8


def test_a_worker_whose_loop_fails_replies_and_closes(stdout_of):
    code = (
        "import subinterp_kernel as sk\n"
        "a = sk.create('a')\n"
        "try: a.exec('import subinterp_kernel.worker.loop as loop\\nloop._handlers = {0: None}')\n"
        "except sk.InterpreterError as error: print('first', type(error).__name__)\n"
        "for _ in range(2):\n"
        "    try: a.exec('1')\n"
        "    except sk.InterpreterError as error: print('later', type(error).__name__)\n"
    )
    assert stdout_of(code).splitlines()[-1].startswith("later")


def test_only_main_can_stop_the_event_reader(interpreter):
    for name in ("stop_reading", "resume_reading", "read_events", "prepare_process"):
        code = f"from subinterp_kernel.bindings import main_interpreter\nmain_interpreter.{name}()"
        with pytest.raises(sk.ExecutionFailed, match="only the main interpreter can do this"):
            interpreter.exec(code)
    assert interpreter.submit(abs, -1).result(60) == 1


def test_a_lock_of_an_interpreter_that_is_left_behind_is_abandoned(stdout_of):
    code = (
        "import subinterp_kernel as sk, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "lock = sk.Lock(); a = sk.create('a'); a.prepare_main(lock=lock)\n"
        f"{get_stuck('__main__.lock.acquire()')}"
        "a.close(timeout=0.2)\n"
        "try: lock.acquire(timeout=60)\n"
        "except sk.AbandonedLockError: print('abandoned')\n"
        "print(lock.acquire(timeout=60))\n"
    )
    assert stdout_of(code) == "abandoned\nTrue\n"


def test_a_forked_child_can_look_at_its_parents_interpreters(stdout_of):
    code = (
        "import os, subinterp_kernel as sk\n"
        "from subinterp_kernel.interpreters.interpreter import worker_of\n"
        "a = sk.create('a')\n"
        "request = worker_of(a).request(1, b'1')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    worker = worker_of(a)\n"
        "    seen = [repr(a), a.backlog, a.interrupt(), request.withdraw(), request.done(), worker.wait_until_down()]\n"
        "    try: a.exec('1')\n"
        "    except sk.ClosedError: seen.append('closed')\n"
        "    print(*seen, sep='|', flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )
    assert stdout_of(code) == "<Interpreter 'a' (id 1, closed)>|0|False|False|False|True|closed\n"


def test_making_an_interpreter_while_tracemalloc_traces_is_refused(stdout_of):
    code = (
        "import tracemalloc, subinterp_kernel as sk\n"
        "tracemalloc.start()\n"
        "try: sk.create()\n"
        "except sk.InterpreterError as error: print(error)\n"
        "tracemalloc.stop()\n"
        "print(sk.create().call(pow, 2, 3))\n"
    )
    assert stdout_of(code).endswith("call tracemalloc.stop() first\n8\n")


def test_a_sub_interpreter_is_refused_another_one_while_main_traces(stdout_of):
    code = (
        "import tracemalloc, subinterp_kernel as sk\n"
        "a = sk.create('a')\n"
        "a.exec('import subinterp_kernel as sk')\n"
        "tracemalloc.start()\n"
        "try: a.exec('sk.create()')\n"
        "except sk.ExecutionFailed as error: print(error.excinfo.msg)\n"
        "tracemalloc.stop()\n"
        "a.exec('print(sk.create().call(pow, 2, 3))')\n"
    )
    assert stdout_of(code).endswith("call tracemalloc.stop() first\n8\n")


def test_close_does_not_take_longer_than_its_timeout_for_an_interpreter_that_is_stuck(stdout_of):
    code = (
        "import subinterp_kernel as sk, time, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "a = sk.create('a')\n"
        f"{get_stuck()}"
        "begin = time.monotonic(); a.close(timeout=2.0); print(time.monotonic() - begin < 3.9)\n"
    )
    assert stdout_of(code) == "True\n"


@pytest.mark.parametrize("status", [0, 3])
@pytest.mark.parametrize(
    "slow", ["__import__('select').select([], [], [], 3)", "[None for _ in iter(lambda: clock() < end, False)]"]
)
def test_exit_waits_for_an_interpreter_that_cpython_is_just_ending(run_python, status, slow):
    # The finalizer runs within Py_EndInterpreter, for longer than the process gives all interpreters to end.
    inside = (
        "import sys, time\n"
        "class Slow:\n"
        f"    def __del__(self, clock=time.monotonic, end=time.monotonic() + 3, __import__=__import__): {slow}\n"
        "sys.slow = Slow()"
    )
    done = run_python(f"import sys, subinterp_kernel as sk\nsk.create('a').exec({inside!r})\nsys.exit({status})")
    assert (done.returncode, done.stderr) == (status, "")


def test_thirty_busy_interpreters_at_exit(stdout_of):
    code = (
        "import subinterp_kernel as sk\n"
        "made = [sk.create() for _ in range(30)]\n"
        "for each in made: each.submit(exec, 'import asyncio, json, sqlite3')\n"
    )
    stdout_of(code)
