"""Waits for locks and conditions that end otherwise: interrupts, signals, interpreters that close, forks."""

from __future__ import annotations

import threading
import time

import pytest
from conditions import until_it_waits

import subinterp_kernel as sk

KINDS = pytest.mark.parametrize("kind", [sk.Lock, sk.RLock], ids=["Lock", "RLock"])


def _wait_by_value():
    def wait(condition, timeout, ready=None):
        with condition:
            if ready:
                ready.set()
            return condition.wait(timeout)

    return wait


class OneWaiter:
    """A thread of this interpreter that waits, and whether it was notified."""

    def __init__(self, condition):
        self._condition, self._inside, self._notified = condition, threading.Event(), None
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()
        assert self._inside.wait(60)
        with condition:  # it has given up the lock: it waits
            pass

    def _wait(self):
        with self._condition:
            self._inside.set()
            self._notified = self._condition.wait(60)

    def notified(self):
        self._thread.join(60)
        return self._notified


@KINDS
def test_an_interrupt_ends_the_wait_for_a_lock(kind, interpreter):
    lock = kind()
    with lock:
        future = interpreter.submit(lambda lock: lock.acquire(), lock)
        until_it_waits(interpreter)
        begin = time.monotonic()
        assert interpreter.interrupt()
        with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
            future.result(60)
        assert time.monotonic() - begin < 20
    assert lock.acquire(False)


@KINDS
def test_closing_an_interpreter_that_waits_for_a_lock_ends_well(kind):
    lock = kind()
    with lock, sk.create("a") as a:
        a.prepare_main(lock=lock)
        a.exec("import threading; threading.Thread(target=lock.acquire).start()")
        future = a.submit(lambda lock: lock.acquire(), lock)
        until_it_waits(a)
        a.close()
        assert a.state == "closed"
        assert isinstance(future.exception(60), (sk.ExecutionFailed, sk.ClosedError))
    assert not lock.locked()


def test_ctrl_c_ends_the_wait_for_a_lock_in_main(run_python):
    done = run_python(
        "import os, signal, threading, time, subinterp_kernel as sk\n"
        "lock = sk.Lock(); lock.acquire()\n"
        "ctrl_c = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))\n"
        "begin = time.monotonic()\n"
        "try: ctrl_c.start(); lock.acquire()\n"
        "except KeyboardInterrupt: print('interrupted', time.monotonic() - begin < 20, lock.locked())\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted True True\n", "")


def test_signal_handlers_run_while_main_waits(run_python):
    done = run_python(
        "import os, signal, threading, subinterp_kernel as sk\n"
        "lock = sk.Lock(); lock.acquire()\n"
        "signal.signal(signal.SIGUSR1, lambda *_: lock.release())\n"
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()\n"
        "print(lock.acquire(timeout=60))\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_forked_child_has_its_own_locks_without_the_other_threads(run_python):
    done = run_python(
        "import os, threading, time, subinterp_kernel as sk\n"
        "a = sk.create('a'); mine, its, waited = sk.Lock(), sk.Lock(), sk.Lock()\n"
        "waited.acquire(); mine.acquire()\n"
        "a.call(lambda lock: lock.acquire(), its)\n"
        "for _ in range(3): threading.Thread(target=waited.acquire, kwargs={'timeout': 3}, daemon=True).start()\n"
        "time.sleep(0.2)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try: its.acquire(False)\n"
        "    except sk.AbandonedLockError: pass\n"
        "    for _ in range(40):\n"
        "        threading.Timer(0.004, waited.release).start(); assert waited.acquire(timeout=60)\n"
        "    assert mine.locked() and its.acquire(False) and not its.acquire(timeout=0.1)\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), its.locked())\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "7 True\n", "")


def test_an_interrupted_wait_takes_the_lock_again(interpreter):
    condition = sk.Condition()

    def wait(condition, ready):
        with condition:
            try:
                ready.set()
                condition.wait()
            except KeyboardInterrupt:
                condition.notify()  # refused without the lock
                return "interrupted with the lock"

    ready = sk.Event()
    future = interpreter.submit(wait, condition, ready)
    assert ready.wait(60)
    with condition:  # it has given up the lock: it waits
        pass
    interpreter.interrupt()
    assert future.result(60) == "interrupted with the lock"
    assert not condition.locked()


def test_a_second_interrupt_does_without_the_lock(interpreter):
    condition = sk.Condition()
    future = interpreter.submit(_wait_by_value(), condition, None)
    until_it_waits(interpreter)
    with condition:
        while not future.done():  # the first one ends the wait for the notification
            interpreter.interrupt()
            time.sleep(0.2)
        error = future.exception(60)
    # Leaving the with statement did not hide it behind a complaint about the lock that it does not have.
    assert error.excinfo.type.__name__ == "KeyboardInterrupt"


def test_who_is_interrupted_passes_its_notification_on(interpreter):
    """Notified and interrupted at the same moment: the next waiter gets it, or it counts; it is never lost."""
    condition = sk.Condition()
    wait = _wait_by_value()
    for number in range(10):
        ready = sk.Event()
        first = interpreter.submit(wait, condition, 10, ready)
        assert ready.wait(60)
        second = OneWaiter(condition)
        with condition:
            interpreter.interrupt()
            time.sleep(0.01 * (number % 3))
            condition.notify()
        notified = first.exception(60) is None
        assert notified or second.notified()
        with condition:
            condition.notify_all()
        second.notified()


def test_closing_an_interpreter_that_waits_for_a_notification_ends_well():
    condition = sk.Condition()
    with sk.create("a") as a:
        a.prepare_main(condition=condition)
        a.exec(
            "import threading\ndef wait():\n    with condition: condition.wait()\nthreading.Thread(target=wait).start()"
        )
        a.submit(_wait_by_value(), condition, None)
        until_it_waits(a)
        a.close()
        assert a.state == "closed"
    assert not condition.locked()
    waiter = OneWaiter(condition)
    with condition:
        condition.notify()  # none of the closed interpreter's threads takes it
    assert waiter.notified()


def test_a_forked_child_has_no_phantoms_that_wait(run_python):
    done = run_python(
        "import os, threading, time, subinterp_kernel as sk\n"
        "a = sk.create('a'); condition = sk.Condition()\n"
        "def wait():\n    with condition: condition.wait(3)\n"
        "for _ in range(3): threading.Thread(target=wait, daemon=True).start()\n"
        "time.sleep(0.2)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    def notify():\n        with condition: condition.notify()\n"
        "    for _ in range(8):\n"
        "        with condition: threading.Timer(0.05, notify).start(); assert condition.wait(60)\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\n", "")
