"""Lock and RLock: like those of threading, across interpreters; and locks whose interpreter has ended."""

from __future__ import annotations

import pickle
import threading
import time

import pytest
from conditions import shortest, until_it_waits

import subinterp_kernel as sk

KINDS = pytest.mark.parametrize("kind", [sk.Lock, sk.RLock], ids=["Lock", "RLock"])


def _is_free(lock):
    """Ask from another thread: to its owner an RLock is always free."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(lock.acquire(False) and lock.release() is None))
    thread.start()
    thread.join(60)
    return answers[0]


@KINDS
def test_it_is_acquired_and_released(kind):
    lock = kind()
    assert not lock.locked()
    assert lock.acquire() is True
    assert lock.locked()
    assert not _is_free(lock)
    lock.release()
    assert not lock.locked()
    assert _is_free(lock)


@KINDS
def test_with_releases_it_whatever_happens(kind):
    lock = kind()
    with lock as entered:
        assert entered is True
        assert lock.locked()
    with pytest.raises(ZeroDivisionError), lock:
        1 / 0  # noqa: B018
    assert not lock.locked()


def test_a_lock_is_not_acquired_twice():
    lock = sk.Lock()
    lock.acquire()
    assert lock.acquire(False) is False
    assert lock.acquire(timeout=0) is False
    assert lock.acquire(timeout=0.01) is False
    lock.release()
    assert lock.acquire(blocking=False)


def test_an_rlock_is_released_as_often_as_it_was_acquired():
    lock = sk.RLock()
    with lock:
        assert lock.acquire(False)
        assert lock.acquire(timeout=1)
        lock.release()
        lock.release()
        assert not _is_free(lock)
    assert _is_free(lock)


def test_releasing_what_is_free_is_an_error():
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        sk.Lock().release()
    with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
        sk.RLock().release()


def test_another_thread_may_release_a_lock_but_no_rlock(interpreter):
    lock, rlock = sk.Lock(), sk.RLock()
    lock.acquire()
    rlock.acquire()
    interpreter.call(lambda lock: lock.release(), lock)
    assert not lock.locked()
    with pytest.raises(sk.ExecutionFailed, match="cannot release un-acquired lock"):
        interpreter.call(lambda lock: lock.release(), rlock)
    assert rlock.locked()


@KINDS
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((False, 1), ValueError, "can't specify a timeout for a non-blocking call"),
        ((True, -2), ValueError, "timeout value must be a non-negative number"),
        ((True, float("nan")), ValueError, "NaN"),
        ((True, 1e100), OverflowError, "timeout value is too large"),
        ((True, 10**400), OverflowError, "too large"),
        ((True, "1"), TypeError, "float"),
        ((True, None), TypeError, "NoneType"),
    ],
)
def test_bad_timeouts_are_refused_as_by_threading(kind, arguments, error, message):
    lock = kind()
    with pytest.raises(error, match=message):
        lock.acquire(*arguments)
    assert not lock.locked()


@KINDS
def test_a_timeout_of_minus_one_is_none(kind):
    for timeout in (-1, -1.0, threading.TIMEOUT_MAX):
        lock = kind()
        assert lock.acquire(True, timeout)
        lock.release()
    assert kind().acquire(False, -1)


@pytest.mark.parametrize("timeout", [0.004, 0.05, 0.123])
def test_timeouts_are_right_to_the_millisecond(timeout):
    lock = sk.Lock()
    lock.acquire()
    assert timeout <= shortest(lambda: lock.acquire(timeout=timeout), timeout + 0.003) < timeout + 0.003
    assert lock.locked()


@KINDS
def test_the_same_lock_crosses_and_comes_back(kind, interpreter):
    lock = kind()
    interpreter.prepare_main(lock=lock)
    interpreter.exec("taken = lock.acquire()")
    assert lock.acquire(timeout=0.01) is False
    assert interpreter.get("lock").id == lock.id
    assert type(interpreter.get("lock")) is kind
    interpreter.exec("lock.release()")
    assert lock.acquire(timeout=0.01)


@KINDS
def test_who_waits_gets_it_when_it_is_released(kind, interpreter):
    lock = kind()
    lock.acquire()
    future = interpreter.submit(lambda lock: lock.acquire() and lock.release(), lock)
    until_it_waits(interpreter, 0.08)
    assert not future.done()
    lock.release()
    assert future.result(60) is None
    assert not lock.locked()


def test_many_threads_of_one_interpreter_take_turns():
    lock, order = sk.Lock(), []

    def work(number):
        for _ in range(50):
            with lock:
                order.append(number)
                time.sleep(0)
                order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert order[::2] == order[1::2]
    assert len(order) == 600


@KINDS
def test_nothing_is_lost_under_a_lock(kind):
    """Reading, adding and writing back is not atomic; four interpreters do it at once."""
    lock, block = kind(), sk.SharedBlock(8)

    def count(lock, block, times):
        counter = memoryview(block).cast("q")
        for _ in range(times):
            with lock:
                counter[0] += 1

    made = [sk.create() for _ in range(4)]
    for future in [each.submit(count, lock, block, 5000) for each in made]:
        future.result(60)
    assert memoryview(block).cast("q")[0] == 20_000


@KINDS
def test_the_lock_of_a_closed_interpreter_is_abandoned_once(kind):
    lock = kind()
    with sk.create("holder") as holder:
        holder.call(lambda lock: lock.acquire(), lock)
        assert lock.locked()
    assert not lock.locked()
    with pytest.raises(sk.AbandonedLockError, match="closed before it released it"):
        lock.acquire(False)
    assert not lock.locked()
    with lock:
        assert lock.locked()


@KINDS
def test_who_waits_for_an_abandoned_lock_learns_it_and_the_next_gets_it(kind, interpreter):
    lock = kind()
    holder, second = sk.create("holder"), sk.create("second")
    holder.call(lambda lock: lock.acquire(), lock)

    def acquire(lock):
        try:
            return lock.acquire(timeout=60)
        except RuntimeError as error:
            return type(error).__name__

    futures = [each.submit(acquire, lock) for each in (interpreter, second)]
    time.sleep(0.1)
    holder.close()
    assert sorted(str(future.result(60)) for future in futures) == ["AbandonedLockError", "True"]


def test_a_released_lock_is_not_abandoned():
    lock = sk.Lock()
    with sk.create("a") as a:
        a.call(lambda lock: lock.acquire() and lock.release(), lock)
        lock.acquire()
        a.call(lambda lock: lock.release(), lock)
        lock.acquire()
    assert lock.locked()
    lock.release()
    assert lock.acquire(False)


@KINDS
def test_a_lock_that_nobody_holds_any_more_is_gone(kind):
    lock = kind()
    stale = pickle.dumps(lock)
    assert pickle.loads(stale).id == lock.id
    del lock
    with pytest.raises(sk.SharedObjectGoneError, match="its last holder released it"):
        pickle.loads(stale)


@KINDS
def test_it_is_listed_and_says_what_it_is(kind):
    lock = kind()
    row = sk.shared_objects()[0]
    assert (row["id"], row["kind"], row["nbytes"]) == (lock.id, kind.__name__, 0)
    assert repr(lock) == f"<{kind.__name__} {lock.id}: unlocked>"
    with pytest.raises(TypeError, match="argument"):
        kind(lock.id)
