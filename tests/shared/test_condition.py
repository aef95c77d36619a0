"""Condition: waiting for a notification, in the order of coming, with the lock given up meanwhile."""

from __future__ import annotations

import pickle
import threading
import time

import pytest
from conditions import until

import subinterp_kernel as sk

LOCKS = pytest.mark.parametrize("lock", [sk.Lock, sk.RLock], ids=["Lock", "RLock"])


class Waiters:
    """Threads that wait, begun one after the other, and what came of it."""

    def __init__(self, condition, count, timeout=60):
        self.woken = []
        self._condition, self._timeout = condition, timeout
        self._threads = [threading.Thread(target=self._wait, args=(number,)) for number in range(count)]
        inside = threading.Semaphore(0)
        self._inside = inside
        for thread in self._threads:
            thread.start()
            inside.acquire(timeout=60)
            with condition:  # it has given up the lock: it waits
                pass

    def _wait(self, number):
        with self._condition:
            self._inside.release()
            if self._condition.wait(self._timeout):
                self.woken.append(number)

    def join(self):
        for thread in self._threads:
            thread.join(60)
        return self.woken


def _notify(condition, *arguments):
    with condition:
        condition.notify(*arguments)


@LOCKS
def test_a_notification_ends_the_wait(lock):
    condition = sk.Condition(lock())
    waiters = Waiters(condition, 1)
    _notify(condition)
    assert waiters.join() == [0]


@LOCKS
def test_a_notification_from_another_interpreter_ends_the_wait(lock, interpreter):
    condition = sk.Condition(lock())
    waiters = Waiters(condition, 1)
    interpreter.call(_notify_by_value(), condition)
    assert waiters.join() == [0]


def _notify_by_value():
    def notify(condition):
        with condition:
            condition.notify_all()

    return notify


def _wait_by_value():
    def wait(condition, timeout, ready=None):
        with condition:
            if ready:
                ready.set()
            return condition.wait(timeout)

    return wait


def test_those_who_came_first_are_notified_first():
    condition = sk.Condition(sk.Lock())
    waiters = Waiters(condition, 5)
    for _ in range(2):
        before = len(waiters.woken)
        _notify(condition)
        until(lambda before=before: len(waiters.woken) > before)
    _notify(condition, 2)
    until(lambda: len(waiters.woken) == 4)
    assert waiters.woken[:2] == [0, 1]
    assert sorted(waiters.woken[2:]) == [2, 3]
    _notify(condition, 99)
    assert waiters.join()[4] == 4


def test_notify_all_wakes_all():
    condition = sk.Condition()
    waiters = Waiters(condition, 4)
    with condition:
        condition.notify_all()
    assert sorted(waiters.join()) == [0, 1, 2, 3]


def test_a_notification_that_nobody_waits_for_is_not_kept():
    condition = sk.Condition()
    with condition:
        condition.notify(3)
        condition.notify(0)
        assert condition.wait(0.01) is False


@pytest.mark.parametrize("timeout", [-1, 0, 0.004, 0.12])
def test_a_wait_with_timeout_takes_its_time(timeout):
    condition = sk.Condition()
    with condition:
        begin = time.monotonic()
        assert condition.wait(timeout) is False
        assert max(timeout, 0) <= time.monotonic() - begin < max(timeout, 0) + 20
        assert condition.locked()


@LOCKS
def test_waiting_and_notifying_need_the_lock(lock):
    condition = sk.Condition(lock())
    with pytest.raises(RuntimeError, match="cannot wait on un-acquired lock"):
        condition.wait()
    with pytest.raises(RuntimeError, match="cannot notify on un-acquired lock"):
        condition.notify()
    with pytest.raises(RuntimeError, match="cannot notify on un-acquired lock"):
        condition.notify_all()


def test_another_threads_rlock_does_not_count(interpreter):
    condition = sk.Condition()
    with condition, pytest.raises(sk.ExecutionFailed, match="cannot notify on un-acquired lock"):
        interpreter.call(lambda condition: condition.notify(), condition)


@pytest.mark.parametrize(
    "lock", [threading.Lock(), threading.RLock(), 1, sk.Event], ids=["Lock", "RLock", "number", "type"]
)
def test_other_locks_are_refused(lock):
    with pytest.raises(TypeError, match=r"needs a subinterp_kernel\.Lock or RLock"):
        sk.Condition(lock)


def test_an_rlock_is_given_up_with_all_its_levels():
    lock = sk.RLock()
    condition = sk.Condition(lock)
    with lock, lock, condition:
        threading.Timer(0.05, _notify, (condition,)).start()
        assert condition.wait(60)
    assert not lock.locked()


def test_wait_for_returns_what_the_predicate_returned(interpreter):
    condition, block = sk.Condition(), sk.SharedBlock(1)
    seen = memoryview(block)

    def raise_slowly(condition, block):
        view = memoryview(block)
        for _ in range(3):
            with condition:
                view[0] += 1
                condition.notify_all()

    with condition:
        future = interpreter.submit(raise_slowly, condition, block)
        assert condition.wait_for(lambda: seen[0] == 3 and "there", 10) == "there"
        assert condition.wait_for(lambda: 0, 0.05) == 0
        assert condition.wait_for(lambda: True, -1) is True
    future.result(60)


def test_a_condition_brings_its_lock_along(interpreter):
    condition = sk.Condition(sk.Lock())
    interpreter.prepare_main(condition=condition)
    interpreter.exec("same = condition.acquire(timeout=60)")
    assert condition.acquire(False) is False
    assert interpreter.get("condition").id == condition.id
    condition.release()
    assert not condition.locked()


def test_two_conditions_over_one_lock():
    lock = sk.Lock()
    one, other = sk.Condition(lock), sk.Condition(lock)
    first, second = Waiters(one, 1), Waiters(other, 1)
    with lock:
        other.notify()
    assert second.join() == [0]
    assert first.woken == []
    _notify(one)
    assert first.join() == [0]


@LOCKS
def test_a_lock_abandoned_during_the_wait_is_reported(lock, interpreter):
    condition = sk.Condition(lock())
    holder = sk.create("holder")
    ready = sk.Event()
    future = interpreter.submit(_wait_by_value(), condition, 60, ready)
    assert ready.wait(60)
    holder.call(lambda condition: condition.acquire() and condition.notify(), condition)
    time.sleep(0.2)  # it waits for the lock; if it does not yet, it gets the same error
    holder.close()
    assert future.exception(60).excinfo.type.__name__ == "AbandonedLockError"
    assert condition.acquire(False)


def test_no_notification_is_lost_between_interpreters():
    """Two producers, two consumers: each item is notified once, and each is taken."""
    condition, block, each = sk.Condition(sk.Lock()), sk.SharedBlock(8), 1000

    def produce(condition, block, count):
        stock = memoryview(block).cast("q")
        for _ in range(count):
            with condition:
                stock[0] += 1
                condition.notify()

    def consume(condition, block, count):
        stock = memoryview(block).cast("q")
        for _ in range(count):
            with condition:
                while not stock[0]:
                    assert condition.wait(60), "no notification"
                stock[0] -= 1

    made = [sk.create() for _ in range(4)]
    work = (consume, produce, consume, produce)
    for future in [made[i].submit(work[i], condition, block, each) for i in range(4)]:
        future.result(60)
    assert memoryview(block).cast("q")[0] == 0


def test_a_condition_that_nobody_holds_any_more_is_gone_with_its_lock():
    condition = sk.Condition()
    assert sk.live_object_count() == 2
    stale = pickle.dumps(condition)
    assert repr(condition) == f"<Condition {condition.id}: unlocked>"
    del condition
    assert sk.live_object_count() == 0
    with pytest.raises(sk.SharedObjectGoneError):
        pickle.loads(stale)
