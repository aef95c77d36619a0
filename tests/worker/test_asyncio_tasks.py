"""asyncio tasks that cells leave behind continue between cells, can be interrupted, and do not delay requests."""

from __future__ import annotations

import contextlib
import io
import time

import pytest
from conditions import until

import subinterp_kernel as sk

TICKER = """
import asyncio
ticks = 0
async def ticker():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0.005)
task = asyncio.create_task(ticker())
"""
LATER = """
import asyncio, time
async def f():
    await asyncio.sleep(0.02)
    {body}
t = asyncio.create_task(f())
"""
PRINTS_WHEN_TOLD = """
async def f():
    while not memoryview(flag)[0]:
        await asyncio.sleep(0.005)
    print('late')
t = asyncio.create_task(f())
"""
BUSY = """
import asyncio
async def busy():
    await asyncio.sleep(0.02)
    memoryview(flag)[0] = 1
    while True: pass
task = asyncio.create_task(busy())
"""


@pytest.fixture
def cell(shell):
    """Run a cell in interpreter ``a``."""
    return lambda code: shell.run_cell(f"%%subinterp a\n{code}")


@pytest.fixture
def busy(cell):
    """Interpreter ``a`` with a task that never stops computing between cells."""
    flag = sk.SharedBlock(1)
    cell("import asyncio")
    a = sk.get("a")
    a.prepare_main(flag=flag)
    cell(BUSY)
    until(lambda: memoryview(flag)[0])
    return a


def test_a_task_continues_while_no_cell_runs(cell):
    cell(TICKER)
    a = sk.get("a")
    before = a.get("ticks")
    until(lambda: a.get("ticks") > before + 5)
    assert a.state == "idle"


def test_a_task_prints_between_cells(cell, capsys):
    cell("import asyncio")
    flag = sk.SharedBlock(1)
    sk.get("a").prepare_main(flag=flag)
    cell(PRINTS_WHEN_TOLD)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        memoryview(flag)[0] = 1
        until(lambda: "late" in shown.getvalue())
    assert shown.getvalue() == "late\n"


def test_requests_of_all_kinds_are_served_while_a_task_exists(cell):
    cell(TICKER)
    a = sk.get("a")
    a.exec("x = 1")
    assert a.call(abs, -3) == 3
    a.prepare_main(y=2)
    assert a.get("y") == 2
    cell("z = await asyncio.sleep(0.01, 5)")
    assert a.get("z") == 5
    a.reset()
    assert a.get("__name__") == "__main__"


def test_callbacks_from_threads_are_called_between_cells(cell):
    cell(
        "import asyncio, threading, time\nloop = asyncio.get_running_loop()\n"
        "def f():\n    time.sleep(0.05)\n    loop.call_soon_threadsafe(globals().update, {'called': True})\n"
        "called = False\nt = threading.Thread(target=f)\nt.start()"
    )
    until(lambda: sk.get("a").get("called"))


def test_a_task_that_never_yields_is_interrupted(busy):
    assert busy.interrupt()
    busy.exec("x = 1")
    assert busy.get("x") == 1
    assert not busy.interrupt()


def test_an_interrupt_ends_a_busy_task_and_the_call_that_waits_for_it(busy):
    future = busy.submit(exec, "import __main__; __main__.ran = True")
    time.sleep(0.1)
    assert busy.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(60)
    with pytest.raises(KeyError):
        busy.get("ran")


def test_a_request_that_waits_behind_another_is_not_interrupted(interpreter):
    first = interpreter.submit(time.sleep, 60)
    second = interpreter.submit(abs, -1)
    until(interpreter.is_running)
    assert interpreter.interrupt()
    assert second.result(60) == 1
    assert first.exception(60) is not None


def test_waiting_tasks_are_not_interrupted(cell):
    cell("import asyncio\nt = asyncio.create_task(asyncio.sleep(60))\nawait asyncio.sleep(0)")
    a = sk.get("a")
    until(lambda: not a.interrupt())  # True while the loop itself comes to where it waits
    a.exec("x = t.done()")
    assert a.get("x") is False


def test_an_interrupted_sleep_in_a_task_ends(cell):
    cell("import asyncio")
    flag = sk.SharedBlock(1)
    a = sk.get("a")
    a.prepare_main(flag=flag)
    cell(LATER.format(body="memoryview(flag)[0] = 1\n    time.sleep(60)"))
    until(lambda: memoryview(flag)[0])
    assert a.interrupt()
    a.exec("x = t.done()")
    assert a.get("x") is True


def test_sys_exit_in_a_task_ends_that_task_alone(cell):
    cell(TICKER)
    cell(LATER.format(body="raise SystemExit"))
    a = sk.get("a")
    until(lambda: a.call(eval, "__import__('__main__').t.done()"))
    before = a.get("ticks")
    until(lambda: a.get("ticks") > before)


def test_a_stopped_loop_runs_again(cell):
    cell(TICKER + "asyncio.get_running_loop().call_later(0.01, asyncio.get_running_loop().stop)")
    a = sk.get("a")
    time.sleep(0.05)
    before = a.get("ticks")
    until(lambda: a.get("ticks") > before)


def test_a_closed_loop_is_replaced_by_the_next_cell(cell):
    cell("import asyncio\nloop = asyncio.get_running_loop()")
    a = sk.get("a")
    a.exec("loop.close()")
    cell("same = asyncio.get_running_loop() is loop")
    assert a.get("same") is False


@pytest.mark.parametrize(
    "body",
    [
        "asyncio.get_event_loop().close()",
        "await asyncio.sleep(0)\nasyncio.get_event_loop().close()",
        "loop = asyncio.get_event_loop()\nloop.call_soon(loop.close)\nawait asyncio.sleep(0.01)",
        "asyncio.get_event_loop().stop()",
        "asyncio.get_event_loop().stop()\nawait asyncio.sleep(0.01)",
        "async def f(): pass\nasyncio.run(f())",
        "asyncio.set_event_loop(None)",
        "asyncio.set_event_loop(asyncio.new_event_loop())\nasyncio.get_event_loop_policy().get_event_loop().close()",
        "await asyncio.sleep(0)\nasyncio.get_event_loop()._selector.close()",
    ],
    ids=lambda body: body.replace("asyncio.", "").replace("\n", "; "),
)
def test_the_next_cell_has_a_working_loop_after_a_cell_that(body, run_python):
    ended = run_python(
        "import warnings\nwarnings.simplefilter('ignore')\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "s = InteractiveShell.instance()\ns.run_line_magic('load_ext', 'subinterp_kernel')\n"
        f"s.run_cell('%%subinterp a\\n' + {('import asyncio' + chr(10) + body)!r})\n"
        "s.run_cell('%%subinterp a\\nprint(\"awaited\", await asyncio.sleep(0, 5))')\n"
        "s.run_cell('%%subinterp a\\nprint(\"open\", not asyncio.get_event_loop().is_closed())')\n"
        "s.run_cell('%%subinterp a\\nt = asyncio.create_task(asyncio.sleep(0.01, 6))')\n"
        "import subinterp_kernel as sk, time\n"
        "end = time.monotonic() + 60\n"
        "while not sk.get('a').call(eval, '__import__(\"__main__\").t.done()') and time.monotonic() < end:\n"
        "    time.sleep(0.01)\n"
        "print('task', sk.get('a').call(eval, '__import__(\"__main__\").t.done()'))\n"
    )
    assert ended.returncode == 0, ended.stderr
    assert [line for line in ended.stdout.splitlines() if line.startswith(("awaited", "open", "task"))] == [
        "awaited 5",
        "open True",
        "task True",
    ]


def test_asyncio_run_outside_of_a_cell_leaves_the_tasks_of_cells_alone(cell):
    cell(TICKER)
    a = sk.get("a")
    a.exec("async def f(): return 7\nx = asyncio.run(f())")
    assert a.get("x") == 7
    before = a.get("ticks")
    until(lambda: a.get("ticks") > before)


def test_closing_cancels_tasks_and_runs_their_cleanup(cell, capsys):
    cell(
        "import asyncio\nasync def f():\n    try: await asyncio.sleep(60)\n    finally: print('cancelled')\n"
        "t = asyncio.create_task(f())\nawait asyncio.sleep(0)"
    )
    sk.get("a").close()
    until(lambda: "cancelled\n" in capsys.readouterr().out)


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try: await asyncio.sleep(60)\n        except asyncio.CancelledError: pass",
        "try: await asyncio.sleep(60)\n    finally:\n        while True: pass",
        "import time\n    time.sleep(60)",
        "await asyncio.to_thread(time.sleep, 0.1)",
    ],
    ids=["busy", "ignores cancellation", "busy in its end", "sleeps in C", "thread"],
)
def test_closing_ends_every_task(cell, body):
    cell(LATER.format(body=body))
    a = sk.get("a")
    time.sleep(0.1)
    begin = time.monotonic()
    a.close()
    assert a.state == "closed"
    assert time.monotonic() - begin < 20


def test_closing_closes_asynchronous_generators(cell, capsys):
    cell(
        "async def g():\n    try:\n        yield 1\n    finally: print('closed')\n"
        "import asyncio\nh = g()\nawait anext(h);"
    )
    sk.get("a").close()
    until(lambda: "closed\n" in capsys.readouterr().out)


def test_the_process_exits_quickly_and_quietly_with_open_tasks(run_python):
    cells = [LATER.format(body=body) for body in ("while True: pass", "await asyncio.sleep(99)")]
    ended = run_python(
        "import time\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "s = InteractiveShell.instance()\ns.run_line_magic('load_ext', 'subinterp_kernel')\n"
        f"for number, cell in enumerate({cells}):\n    s.run_cell(f'%%subinterp i{{number}}\\n{{cell}}')\n"
        "time.sleep(0.1)\nprint('end')"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "end\n", "")
