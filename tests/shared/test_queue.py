"""Queue as queue.Queue: order, limits, timeouts, tasks."""

from __future__ import annotations

import pickle
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from blocking import blocked
from conditions import shortest

import subinterp_kernel as sk


def test_items_come_out_in_the_order_they_went_in():
    q = sk.Queue()
    for number in range(1000):
        q.put(number)
    assert [q.get() for _ in range(1000)] == list(range(1000))


def test_an_empty_queue_has_nothing_to_get():
    q = sk.Queue()
    with pytest.raises(queue.Empty):
        q.get_nowait()
    with pytest.raises(queue.Empty):
        q.get(block=False)
    with pytest.raises(queue.Empty):
        q.get(block=False, timeout=-1)
    assert (q.empty(), q.full(), q.qsize()) == (True, False, 0)


def test_a_full_queue_takes_nothing():
    q = sk.Queue(2)
    q.put(1)
    q.put_nowait(2)
    with pytest.raises(queue.Full):
        q.put_nowait(3)
    with pytest.raises(queue.Full):
        q.put(3, block=False)
    assert (q.empty(), q.full(), q.qsize(), q.maxsize) == (False, True, 2, 2)


@pytest.mark.parametrize("maxsize", [0, -1])
def test_without_a_limit_it_is_never_full(maxsize):
    q = sk.Queue(maxsize)
    for number in range(100):
        q.put_nowait(number)
    assert (q.full(), q.maxsize) == (False, maxsize)


@pytest.mark.parametrize("timeout", [0, 0.001, 0.03, 0.12])
def test_timeouts_are_kept_to_the_milliseconds(timeout):
    empty, full = sk.Queue(), sk.Queue(1)
    full.put(1)

    def get():
        with pytest.raises(queue.Empty):
            empty.get(timeout=timeout)

    def put():
        with pytest.raises(queue.Full):
            full.put(2, timeout=timeout)

    for call in (get, put):
        assert timeout <= shortest(call, timeout + 0.003) < timeout + 0.003


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan")])
def test_negative_timeouts_are_refused(timeout):
    q = sk.Queue(1)
    with pytest.raises(ValueError, match="'timeout' must be a non-negative number"):
        q.put(1, timeout=timeout)
    with pytest.raises(ValueError, match="'timeout' must be a non-negative number"):
        q.get(timeout=timeout)
    assert q.empty()


@pytest.mark.parametrize("timeout", [1e300, float("inf")])
def test_timeouts_may_be_endless(timeout):
    q = sk.Queue()
    with blocked(q.get, True, timeout) as got:
        q.put(5)
        assert got.result(60) == 5


def test_wrong_arguments_are_refused():
    for arguments in (("x",), (1.5,), (None,)):
        with pytest.raises(TypeError):
            sk.Queue(*arguments)
    with pytest.raises(TypeError):
        sk.Queue(1, 1)
    with pytest.raises(TypeError):
        sk.Queue().get(timeout="1")


def test_it_has_neither_length_nor_order():
    q = sk.Queue()
    with pytest.raises(TypeError):
        len(q)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        iter(q)  # type: ignore[call-overload]


def test_its_repr_tells_how_full_it_is():
    q = sk.Queue(10)
    for number in range(3):
        q.put(number)
    assert repr(q) == f"<Queue {q.id}: 3 of at most 10 items>"
    unlimited = sk.Queue()
    assert repr(unlimited) == f"<Queue {unlimited.id}: 0 items>"


def test_new_makes_a_usable_queue_and_init_changes_nothing():
    assert sk.Queue.__new__(sk.Queue, 2).maxsize == 2
    q = sk.Queue(3)
    q.__init__()
    assert q.maxsize == 3


def test_a_blocked_get_gets_what_is_put():
    q = sk.Queue()
    with blocked(q.get) as got:
        q.put("late")
        assert got.result(60) == "late"


def test_a_blocked_put_puts_when_there_is_room():
    q = sk.Queue(1)
    q.put(1)
    with blocked(q.put, 2) as put:
        assert q.get() == 1
        put.result(60)
    assert q.get() == 2


def test_every_blocked_get_is_served():
    q = sk.Queue()
    with ThreadPoolExecutor(10) as pool:
        gets = [pool.submit(q.get) for _ in range(10)]
        time.sleep(0.1)
        for number in range(10):
            q.put(number)
        assert sorted(get.result(60) for get in gets) == list(range(10))


def test_maxbytes_limits_the_bytes_that_wait():
    q = sk.Queue(maxbytes=100)
    q.put(bytes(60))
    with pytest.raises(queue.Full):
        q.put_nowait(bytes(41))
    q.put_nowait(b"x" * 40)
    assert q.full()
    with pytest.raises(queue.Full):
        q.put_nowait(None)
    assert (q.get(), q.full(), q.maxbytes) == (bytes(60), False, 100)


def test_an_item_that_is_too_large_passes_alone():
    q = sk.Queue(maxbytes=10)
    q.put_nowait(bytes(1000))
    assert q.full()
    with pytest.raises(queue.Full):
        q.put_nowait(1)
    assert len(q.get()) == 1000
    q.put_nowait(1)


def test_room_for_several_wakes_several():
    q = sk.Queue(maxbytes=100)
    q.put(bytes(100))
    with ThreadPoolExecutor(10) as pool:
        begin = time.monotonic()
        puts = [pool.submit(q.put, bytes(10)) for _ in range(10)]
        time.sleep(0.1)
        q.get()
        for put in puts:
            put.result(60)
    assert (q.qsize(), q.full(), time.monotonic() - begin < 20) == (10, True, True)


def test_the_table_shows_the_bytes_that_wait():
    q = sk.Queue()
    q.put(bytes(1000))
    q.put(1)
    row = sk.shared_objects()[0]
    assert (row["kind"], row["nbytes"], row["holders"]) == ("Queue", 1008, 1)


def test_join_waits_until_every_task_is_done():
    q = sk.Queue()
    q.join()
    q.put(1)
    q.put(2)
    with blocked(q.join) as joined:
        q.get()
        q.task_done()
        q.get()
        time.sleep(0.1)
        assert not joined.done()
        q.task_done()


def test_a_task_cannot_be_done_twice():
    q = sk.Queue()
    with pytest.raises(ValueError, match=r"task_done\(\) called too many times"):
        q.task_done()
    q.put(1)
    q.task_done()
    with pytest.raises(ValueError, match="too many times"):
        q.task_done()


def test_many_threads_lose_and_double_nothing():
    q, got = sk.Queue(5), []
    lock = threading.Lock()

    def take():
        while (item := q.get(timeout=60)) is not None:
            with lock:
                got.append(item)

    with ThreadPoolExecutor(8) as pool:
        takers = [pool.submit(take) for _ in range(4)]
        givers = [pool.submit(lambda start: [q.put(n, timeout=60) for n in range(start, 4000, 4)], i) for i in range(4)]
        for giver in givers:
            giver.result(60)
        for _ in takers:
            q.put(None, timeout=60)
        for taker in takers:
            taker.result(60)
    assert sorted(got) == list(range(4000))


def test_an_empty_and_a_full_queue_raise_the_errors_of_pep_734_and_of_the_standard_library():
    q = sk.create_queue(1)
    with pytest.raises(sk.QueueEmpty) as empty:
        q.get_nowait()
    q.put(1)
    with pytest.raises(sk.QueueFull) as full:
        q.put(2, timeout=0.001)
    assert isinstance(empty.value, queue.Empty)
    assert isinstance(full.value, queue.Full)
    assert isinstance(full.value, sk.InterpreterError)


def test_references_to_one_queue_are_equal():
    q, other = sk.create_queue(), sk.create_queue()
    copy = pickle.loads(pickle.dumps(q))
    assert copy == q
    assert hash(copy) == hash(q.id)
    assert q != other
    assert q != q.id
