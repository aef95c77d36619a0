"""What a shutdown of a queue does to its items, and to those who wait."""

from __future__ import annotations

import queue
import time

import pytest
from blocking import blocked

import subinterp_kernel as sk


def test_a_shut_down_queue_can_be_emptied_but_not_filled():
    q = sk.Queue()
    q.put(1)
    q.shutdown()
    for call in (lambda: q.put(2), lambda: q.put_nowait(2)):
        with pytest.raises(queue.ShutDown):
            call()
    assert q.get() == 1
    for call in (q.get, q.get_nowait, lambda: q.get(timeout=1)):
        with pytest.raises(queue.ShutDown):
            call()


def test_a_full_queue_that_is_shut_down_says_so():
    q = sk.Queue(1)
    q.put(1)
    q.shutdown()
    with pytest.raises(queue.ShutDown):
        q.put_nowait(2)


@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_wakes_blocked_gets(immediate):
    q = sk.Queue()
    with blocked(q.get) as one, blocked(q.get, True, 30) as other:
        q.shutdown(immediate)
        assert isinstance(one.exception(60), queue.ShutDown)
        assert isinstance(other.exception(60), queue.ShutDown)


@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_wakes_blocked_puts(immediate):
    q = sk.Queue(1)
    q.put(1)
    with blocked(q.put, 2) as one, blocked(q.put, 3, True, 30) as other:
        q.shutdown(immediate)
        assert isinstance(one.exception(60), queue.ShutDown)
        assert isinstance(other.exception(60), queue.ShutDown)
    assert q.qsize() == (0 if immediate else 1)


def test_an_immediate_shutdown_drops_the_items_and_ends_join():
    q = sk.Queue()
    q.put(1)
    q.put(2)
    with blocked(q.join):
        q.shutdown(immediate=True)
    assert q.empty()
    with pytest.raises(queue.ShutDown):
        q.get()


def test_a_soft_shutdown_leaves_join_to_the_tasks():
    q = sk.Queue()
    q.put(1)
    with blocked(q.join) as joined:
        q.shutdown()
        time.sleep(0.1)
        assert not joined.done()
        q.get()
        q.task_done()


def test_an_immediate_shutdown_leaves_the_tasks_that_were_got():
    q = sk.Queue()
    q.put(1)
    q.put(2)
    q.get()
    q.shutdown(immediate=True)
    with blocked(q.join):
        q.task_done()
    with pytest.raises(ValueError, match="too many times"):
        q.task_done()


def test_a_shutdown_may_be_made_stricter_and_repeated():
    q = sk.Queue()
    q.put(1)
    q.shutdown()
    q.shutdown()
    q.shutdown(immediate=True)
    with pytest.raises(queue.ShutDown):
        q.get_nowait()
