"""Queues between interpreters that wait: nothing is lost or doubled, whatever ends a wait."""

from __future__ import annotations

import threading
import time

import pytest
from conditions import until_it_waits

import subinterp_kernel as sk

PRODUCE = "for n in range(start, 2000, 2): items.put(n, timeout=60)"
CONSUME = (
    "taken = 0\n"
    "while (item := items.get(timeout=60)) is not None:\n"
    "    results.put(item, timeout=60); items.task_done(); taken += 1"
)


@pytest.mark.parametrize("maxsize", [0, 1, 7])
def test_many_interpreters_lose_and_double_nothing(maxsize):
    items, results = sk.Queue(maxsize), sk.Queue()
    workers = [sk.create() for _ in range(4)]
    for number, worker in enumerate(workers):
        worker.prepare_main(items=items, results=results, start=number)
    producers = [worker.submit(exec, f"import __main__\nexec({PRODUCE!r}, vars(__main__))") for worker in workers[:2]]
    consumers = [worker.submit(exec, f"import __main__\nexec({CONSUME!r}, vars(__main__))") for worker in workers[2:]]
    for producer in producers:
        producer.result(60)
    items.join()
    for _ in consumers:
        items.put(None, timeout=60)
    for consumer in consumers:
        consumer.result(60)
    assert sorted(results.get_nowait() for _ in range(2000)) == list(range(2000))
    assert (items.empty(), results.empty()) == (True, True)


def test_each_producers_items_stay_in_order(interpreter):
    q = sk.Queue(10)
    interpreter.prepare_main(q=q)
    future = interpreter.submit(exec, "import __main__\nfor n in range(3000): __main__.q.put(n, timeout=60)")
    assert [q.get(timeout=60) for _ in range(3000)] == list(range(3000))
    future.result(60)


@pytest.mark.parametrize("wait", ["get()", "get(timeout=60)", "put(2)", "put(2, timeout=60)", "join()"])
def test_an_interrupt_ends_a_wait_inside(interpreter, wait):
    q = sk.Queue(1)
    if "get" not in wait:
        q.put(1)
    interpreter.prepare_main(q=q)
    future = interpreter.submit(exec, f"import __main__\n__main__.q.{wait}")
    until_it_waits(interpreter)
    begin = time.monotonic()
    assert interpreter.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(60)
    assert time.monotonic() - begin < 20
    assert q.qsize() == (0 if "get" in wait else 1)


def test_interrupts_lose_and_double_nothing(interpreter):
    """The consumer counts what it has, or what an interrupt has kept in the queue."""
    q, results, ready = sk.Queue(), sk.Queue(), sk.Event()
    interpreter.prepare_main(q=q, results=results, ready=ready)
    code = (
        "import __main__\n"
        "while True:\n"
        "    try: __main__.ready.set(); __main__.q.get(timeout=60); break\n"
        "    except KeyboardInterrupt: __main__.results.put('interrupted')\n"
    )
    for number in range(20):
        ready.clear()
        future = interpreter.submit(exec, code)
        assert ready.wait(60)
        time.sleep(0.002 * number)
        interpreter.interrupt()
        assert results.get(timeout=60) == "interrupted"
        q.put(number)
        future.result(60)
    assert q.empty()


@pytest.mark.parametrize("wait", ["q.get()", "q.put(1)", "q.join()"])
def test_ctrl_c_ends_a_wait_in_main(run_python, wait):
    done = run_python(
        "import os, signal, threading, time, subinterp_kernel as sk\n"
        f"q = sk.Queue(1)\nif 'get' not in {wait!r}: q.put(0)\n"
        "ctrl_c = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))\n"
        f"begin = time.monotonic()\ntry: ctrl_c.start(); {wait}\n"
        "except KeyboardInterrupt: print('interrupted', time.monotonic() - begin < 20, q.qsize())\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"interrupted True {0 if 'get' in wait else 1}\n"


def test_a_signal_handler_runs_during_a_wait(run_python):
    done = run_python(
        "import os, signal, threading, subinterp_kernel as sk\n"
        "q = sk.Queue()\nsignal.signal(signal.SIGUSR1, lambda *_: q.put('from the handler'))\n"
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()\n"
        "print(q.get(timeout=60))\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "from the handler\n", "")


def test_closing_an_interpreter_ends_its_wait():
    q = sk.Queue()
    with sk.create("waiting") as waiting:
        future = waiting.submit(lambda q: q.get(), q)
        until_it_waits(waiting)
    assert future.exception(60) is not None
    assert waiting.state == "closed"
    q.put(1)
    assert q.get_nowait() == 1


@pytest.mark.parametrize("wait", ["q.get", "full.put", "full.join"])
def test_an_interpreter_closes_while_a_thread_of_it_waits(wait):
    q, full = sk.Queue(), sk.Queue(1)
    full.put(1)
    with sk.create("waiting") as waiting:
        waiting.prepare_main(q=q, full=full)
        arguments = "(2,)" if "put" in wait else "()"
        waiting.exec(f"import threading\nthreading.Thread(target={wait}, args={arguments}).start()")
        time.sleep(0.1)
    assert waiting.state == "closed"
    q.put(1)
    assert (q.get_nowait(), full.get_nowait(), full.empty()) == (1, 1, True)


def test_the_process_ends_while_threads_wait(run_python):
    done = run_python(
        "import threading, time, subinterp_kernel as sk\n"
        "q = sk.Queue(); a = sk.create('a'); a.prepare_main(q=q)\n"
        "a.exec('import threading; threading.Thread(target=q.get).start()')\n"
        "threading.Thread(target=q.get, daemon=True).start(); time.sleep(0.2); print('end')\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_a_waiting_thread_leaves_its_interpreter_to_others(interpreter):
    q = sk.Queue()
    interpreter.prepare_main(q=q)
    interpreter.exec("import threading\nthread = threading.Thread(target=q.get); thread.start()")
    interpreter.exec("x = 1")
    q.put(1)
    interpreter.exec("thread.join(60); alive = thread.is_alive()")
    assert interpreter.get("alive") is False


def test_forking_beside_waiting_threads_harms_neither(run_python):
    done = run_python(
        "import os, threading, time, subinterp_kernel as sk\n"
        "q, other = sk.Queue(), sk.Queue(); a = sk.create('a')\n"
        "future = a.submit(lambda q: q.get(), q); time.sleep(0.2)\n"
        "child = os.fork()\n"
        "if child == 0: other.put(3); os._exit(other.get())\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])); q.put(5); print(future.result(60))\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n5\n", "")


def test_a_put_by_another_thread_is_seen_while_a_wait_begins():
    """Hundreds of puts at all moments of a wait: in its spin, between spin and sleep, asleep."""
    there, back = sk.Queue(), sk.Queue()
    thread = threading.Thread(target=lambda: [back.put(there.get(timeout=60)) for _ in range(500)])
    thread.start()
    for number in range(500):
        time.sleep(number % 10 * 1e-5)
        there.put(number)
        assert back.get(timeout=60) == number
    thread.join(60)
