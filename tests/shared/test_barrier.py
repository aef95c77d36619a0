"""Barrier: rounds of threads from several interpreters, and all the ways to break one."""

from __future__ import annotations

import pickle
import threading
import time

import pytest
from conditions import until

import subinterp_kernel as sk


def _arrive():
    """Return a function that crosses by value and tells how the wait ended."""

    def arrive(barrier, timeout=None):
        try:
            return barrier.wait(timeout)
        except RuntimeError as error:
            return type(error).__name__

    return arrive


def test_all_go_on_when_all_are_there(interpreter):
    barrier = sk.Barrier(3)
    second = sk.create("second")
    futures = [each.submit(_arrive(), barrier) for each in (interpreter, second)]
    until(lambda: barrier.n_waiting == 2)
    assert not any(future.done() for future in futures)
    assert barrier.wait(60) == 2
    assert sorted(future.result(60) for future in futures) == [0, 1]
    assert (barrier.n_waiting, barrier.broken, barrier.parties) == (0, False, 3)


def test_a_barrier_for_one_never_waits():
    barrier = sk.Barrier(1)
    assert [barrier.wait() for _ in range(3)] == [0, 0, 0]


def test_rounds_never_mix():
    block = sk.SharedBlock(32)
    barrier = sk.Barrier(4)

    def work(barrier, block, number):
        rounds = memoryview(block).cast("q")
        for round in range(200):
            rounds[number] = round
            barrier.wait(60)
            assert set(rounds) == {round}
            barrier.wait(60)

    made = [sk.create() for _ in range(4)]
    for future in [made[i].submit(work, barrier, block, i) for i in range(4)]:
        future.result(40)


def test_the_action_runs_once_per_round_before_any_goes_on(interpreter):
    block = sk.SharedBlock(1)

    def act():
        memoryview(block)[0] += 1

    def work(barrier, block):
        seen = []
        for _ in range(5):
            barrier.wait(60)
            seen.append(memoryview(block)[0])
            barrier.wait(60)
        return seen

    barrier = sk.Barrier(2, act)
    future = interpreter.submit(work, barrier, block)
    assert work(barrier, block) == [1, 3, 5, 7, 9]
    assert future.result(60) == [1, 3, 5, 7, 9]


def test_the_barrier_keeps_what_its_action_needs(interpreter):
    event = sk.Event()
    barrier = sk.Barrier(1, event.set)
    interpreter.prepare_main(barrier=barrier)
    assert sk.live_object_count() == 2
    del event
    interpreter.exec("barrier.wait()")
    assert sk.live_object_count() == 2


def test_an_action_that_raises_breaks_the_barrier(interpreter):
    barrier = sk.Barrier(2, lambda: 1 / 0)
    future = interpreter.submit(_arrive(), barrier)
    until(lambda: barrier.n_waiting == 1)
    with pytest.raises(ZeroDivisionError):
        barrier.wait(60)
    assert future.result(60) == "BrokenBarrierError"
    assert barrier.broken


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="parties must be > 0"):
        sk.Barrier(0)
    with pytest.raises(TypeError, match="the action must be callable, not int"):
        sk.Barrier(1, 1)
    with pytest.raises(sk.NotShareableError, match="the barrier's action cannot cross"):
        sk.Barrier(1, threading.Lock().acquire)
    with pytest.raises(TypeError):
        sk.Barrier()


def test_abort_breaks_it_until_reset(interpreter):
    barrier = sk.Barrier(2)
    future = interpreter.submit(_arrive(), barrier)
    until(lambda: barrier.n_waiting == 1)
    barrier.abort()
    assert future.result(60) == "BrokenBarrierError"
    assert barrier.broken
    with pytest.raises(threading.BrokenBarrierError, match="reset"):
        barrier.wait()
    barrier.reset()
    assert not barrier.broken
    future = interpreter.submit(_arrive(), barrier)
    assert {barrier.wait(60), future.result(60)} == {0, 1}


def test_reset_sends_away_who_waits(interpreter):
    barrier = sk.Barrier(2)
    future = interpreter.submit(_arrive(), barrier)
    until(lambda: barrier.n_waiting == 1)
    barrier.reset()
    assert future.result(60) == "BrokenBarrierError"
    assert (barrier.broken, barrier.n_waiting) == (False, 0)


def test_a_timeout_breaks_it_for_all(interpreter):
    barrier = sk.Barrier(3)
    future = interpreter.submit(_arrive(), barrier)
    until(lambda: barrier.n_waiting == 1)
    begin = time.monotonic()
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait(0.12)
    assert 0.12 <= time.monotonic() - begin < 20
    assert future.result(60) == "BrokenBarrierError"


def test_the_barriers_own_timeout_is_for_those_without_one():
    barrier = sk.Barrier(2, timeout=0.02)
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait()
    assert barrier.broken


def test_a_long_action_costs_nobody_the_time(interpreter):
    barrier = sk.Barrier(2, lambda: __import__("time").sleep(3.5))
    future = interpreter.submit(_arrive(), barrier, 3.0)
    until(lambda: barrier.n_waiting == 1)
    assert barrier.wait() == 1
    assert future.result(60) == 0


def test_who_comes_during_the_action_belongs_to_the_next_round(interpreter):
    barrier = sk.Barrier(2, lambda: __import__("time").sleep(0.3))
    first = interpreter.submit(_arrive(), barrier)
    until(lambda: barrier.n_waiting == 1)
    last = threading.Thread(target=barrier.wait)
    last.start()
    time.sleep(0.1)
    second = sk.create("second")
    third = second.submit(_arrive(), barrier, 60)
    assert first.result(60) == 0
    last.join(60)
    assert barrier.wait(60) in (0, 1)
    assert third.result(60) in (0, 1)


def test_an_interrupt_breaks_it(interpreter):
    barrier = sk.Barrier(3)
    second = sk.create("second")
    future = interpreter.submit(_arrive(), barrier)
    other = second.submit(_arrive(), barrier)
    until(lambda: barrier.n_waiting == 2)
    interpreter.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        future.result(60)
    assert other.result(60) == "BrokenBarrierError"


def test_closing_an_interpreter_that_waits_breaks_it(interpreter):
    barrier = sk.Barrier(3)
    with sk.create("a") as a:
        a.prepare_main(barrier=barrier)
        a.exec("import threading; threading.Thread(target=barrier.wait).start()")
        future = interpreter.submit(_arrive(), barrier)
        until(lambda: barrier.n_waiting == 2)
        a.close()
        assert a.state == "closed"
    assert future.result(60) == "BrokenBarrierError"
    assert barrier.broken


def test_it_crosses_and_comes_back(interpreter):
    barrier = sk.Barrier(2)
    interpreter.prepare_main(barrier=barrier)
    assert interpreter.get("barrier").id == barrier.id
    assert repr(barrier) == f"<Barrier {barrier.id}: waiters=0/2>"
    barrier.abort()
    assert repr(barrier) == f"<Barrier {barrier.id}: broken>"


def test_a_barrier_that_nobody_holds_any_more_is_gone():
    barrier = sk.Barrier(1)
    stale = pickle.dumps(barrier)
    del barrier
    with pytest.raises(sk.SharedObjectGoneError):
        pickle.loads(stale)
