"""Event and Semaphore across interpreters."""

from __future__ import annotations

import pickle
import threading
import time

import pytest
from conditions import until, until_it_waits

import subinterp_kernel as sk


def test_an_event_is_set_and_cleared():
    event = sk.Event()
    assert not event.is_set()
    event.set()
    assert event.is_set()
    assert event.wait() is True
    event.clear()
    assert not event.is_set()
    assert event.wait(0.01) is False


@pytest.mark.parametrize("timeout", [-1, 0, 0.004, 0.12])
def test_waiting_for_an_event_takes_its_time(timeout):
    begin = time.monotonic()
    assert sk.Event().wait(timeout) is False
    assert max(timeout, 0) <= time.monotonic() - begin < max(timeout, 0) + 20


@pytest.mark.parametrize(
    ("timeout", "error"), [("1", TypeError), (float("nan"), ValueError), (1e100, OverflowError)], ids=repr
)
def test_bad_timeouts_are_refused(timeout, error):
    with pytest.raises(error):
        sk.Event().wait(timeout)
    with pytest.raises(error):
        sk.Semaphore(0).acquire(timeout=timeout)
    with sk.Condition() as _, pytest.raises(error):
        sk.Condition().wait(timeout)


def test_an_event_wakes_all_interpreters_that_wait(interpreter):
    event = sk.Event()
    second = sk.create("second")
    futures = [each.submit(lambda event: event.wait(60), event) for each in (interpreter, second)]
    for each in (interpreter, second):
        until_it_waits(each, 0.08)
    assert not any(future.done() for future in futures)
    event.set()
    assert [future.result(60) for future in futures] == [True, True]


def test_who_waits_sees_an_event_that_was_cleared_again_at_once(interpreter):
    event, ready = sk.Event(), sk.Event()

    def sees_it():
        ready.clear()
        future = interpreter.submit(lambda event, ready: ready.set() or event.wait(3), event, ready)
        assert ready.wait(60)
        time.sleep(0.1)
        event.set()
        event.clear()
        return future.result(60)

    # On a busy machine one or the other may begin to wait too late.
    assert sum(sees_it() for _ in range(10)) >= 7


def test_events_play_ping_pong(interpreter):
    ping, pong = sk.Event(), sk.Event()

    def answer(ping, pong, rounds):
        for _ in range(rounds):
            assert ping.wait(60)
            ping.clear()
            pong.set()

    future = interpreter.submit(answer, ping, pong, 500)
    for _ in range(500):
        ping.set()
        assert pong.wait(60)
        pong.clear()
    future.result(60)


def test_a_semaphore_counts():
    semaphore = sk.Semaphore(2)
    assert semaphore.acquire()
    assert semaphore.acquire(timeout=1)
    assert semaphore.acquire(False) is False
    assert semaphore.acquire(timeout=0.01) is False
    assert semaphore.acquire(timeout=-1) is False
    semaphore.release()
    with semaphore as entered:
        assert entered is True
        assert semaphore.acquire(blocking=False) is False
    semaphore.release(3)
    assert [semaphore.acquire(False) for _ in range(5)] == [True] * 4 + [False]


def test_semaphores_refuse_what_threading_refuses():
    with pytest.raises(ValueError, match="semaphore initial value must be >= 0"):
        sk.Semaphore(-1)
    with pytest.raises(ValueError, match="n must be one or more"):
        sk.Semaphore().release(0)
    with pytest.raises(ValueError, match="can't specify timeout for non-blocking acquire"):
        sk.Semaphore().acquire(False, timeout=1)


def test_a_semaphore_cannot_count_beyond_all_bounds():
    with pytest.raises(OverflowError, match="counter of the semaphore would be too large"):
        sk.Semaphore(2**64 - 1).release()


def test_release_wakes_as_many_as_it_gives(interpreter):
    semaphore = sk.Semaphore(0)
    acquired = []
    threads = [threading.Thread(target=lambda: acquired.append(semaphore.acquire(timeout=60))) for _ in range(3)]
    for thread in threads:
        thread.start()
    interpreter.call(lambda semaphore: semaphore.release(2), semaphore)
    until(lambda: len(acquired) == 2)
    time.sleep(0.1)
    assert acquired == [True, True]
    semaphore.release()
    for thread in threads:
        thread.join(60)
    assert acquired == [True] * 3


def test_no_more_are_inside_than_the_semaphore_allows():
    semaphore, lock, block = sk.Semaphore(2), sk.Lock(), sk.SharedBlock(16)

    def work(semaphore, lock, block):
        inside = memoryview(block).cast("q")
        for _ in range(300):
            with semaphore:
                with lock:
                    inside[0] += 1
                    inside[1] = max(inside)
                with lock:
                    inside[0] -= 1

    made = [sk.create() for _ in range(4)]
    for future in [each.submit(work, semaphore, lock, block) for each in made]:
        future.result(60)
    assert memoryview(block).cast("q")[0] == 0
    assert 1 <= memoryview(block).cast("q")[1] <= 2


MADE = pytest.mark.parametrize("make", [sk.Event, lambda: sk.Semaphore(0)], ids=["Event", "Semaphore"])


def _wait():
    return lambda thing: thing.wait() if hasattr(thing, "wait") else thing.acquire()


@MADE
def test_it_crosses_and_comes_back(make, interpreter):
    thing = make()
    interpreter.prepare_main(thing=thing)
    back = interpreter.get("thing")
    assert (back.id, type(back)) == (thing.id, type(thing))


@MADE
def test_an_interrupt_ends_the_wait(make, interpreter):
    future = interpreter.submit(_wait(), make())
    until_it_waits(interpreter)
    begin = time.monotonic()
    assert interpreter.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(60)
    assert time.monotonic() - begin < 20


@MADE
def test_closing_an_interpreter_that_waits_ends_well(make):
    with sk.create("a") as a:
        a.prepare_main(thing=make(), wait=_wait())
        a.exec("import threading; threading.Thread(target=wait, args=(thing,)).start()")
        a.submit(_wait(), make())
        until_it_waits(a)
        a.close()
        assert a.state == "closed"


@MADE
def test_what_nobody_holds_any_more_is_gone(make):
    thing = make()
    stale = pickle.dumps(thing)
    assert str(thing.id) in repr(thing)
    del thing
    with pytest.raises(sk.SharedObjectGoneError, match="its last holder released it"):
        pickle.loads(stale)


@pytest.mark.parametrize("wait", ["sk.Event().wait()", "sk.Semaphore(0).acquire()", "sk.Barrier(2).wait()"])
def test_ctrl_c_ends_a_wait_in_main(wait, run_python):
    done = run_python(
        "import os, signal, threading, time, subinterp_kernel as sk\n"
        "ctrl_c = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))\n"
        "begin = time.monotonic()\n"
        f"try: ctrl_c.start(); {wait}\n"
        "except KeyboardInterrupt: print('interrupted', time.monotonic() - begin < 20)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted True\n", "")


def test_a_process_ends_while_daemon_threads_wait(run_python):
    done = run_python(
        "import threading, time, subinterp_kernel as sk\n"
        "a = sk.create('a'); condition = sk.Condition()\n"
        "def wait():\n    with condition: condition.wait()\n"
        "for target in (wait, sk.Event().wait, sk.Semaphore(0).acquire, sk.Barrier(2).wait):\n"
        "    threading.Thread(target=target, daemon=True).start()\n"
        "time.sleep(0.2)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
