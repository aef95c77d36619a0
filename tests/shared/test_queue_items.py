"""What goes through a queue: exact values, and shared objects that live as long as they are under way."""

from __future__ import annotations

import gc
import math
import queue
import threading

import pytest

import subinterp_kernel as sk

PLAIN = [
    None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 10**100, 1.5, -0.0, math.inf,
    "", "abc", "é", "日本", "😀", "a\0b", "\ud800", "a" * 200_000, "日" * 200_000,
    b"", b"a\0b", bytes(range(256)), b"x" * 200_000, bytearray(), bytearray(b"a\0b"), bytearray(200_000),
    2j, (), [1, [2]], {"a": {1, 2}}, range(3), Ellipsis,
]  # fmt: skip


class Number(int):
    """Not the exact type that the fast way is for."""


class Unreadable:
    """Pickles well, and fails when it is read."""

    def __init__(self, error, *contents):
        self.error, self.contents = error, contents

    def __reduce__(self):
        return _fail, (self.error, self.contents)


def _fail(error, _contents):
    raise error


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: repr(value)[:20])
def test_plain_values_arrive_exactly(value):
    q = sk.Queue()
    q.put(value)
    got = q.get()
    assert (type(got), got) == (type(value), value)
    assert not isinstance(value, float) or math.copysign(1, got) == math.copysign(1, value)


def test_not_a_number_arrives():
    q = sk.Queue()
    q.put(math.nan)
    assert math.isnan(q.get())


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: repr(value)[:20])
def test_plain_values_cross(interpreter, value):
    there, back = sk.Queue(), sk.Queue()
    future = interpreter.submit(lambda there, back: back.put(there.get(timeout=60)), there, back)
    there.put(value)
    got = back.get(timeout=60)
    assert (type(got), got) == (type(value), value)
    future.result(60)


def test_derived_classes_keep_their_class():
    q = sk.Queue()
    q.put(Number(7))
    got = q.get()
    assert (type(got), got) == (Number, 7)


def test_mutable_items_are_copied():
    q, data, numbers = sk.Queue(), bytearray(b"abc"), [1]
    q.put(data)
    q.put(numbers)
    data[0] = 0
    numbers.append(2)
    assert (q.get(), q.get()) == (b"abc", [1])


def test_functions_of_main_and_lambdas_cross(interpreter):
    q = sk.Queue()
    interpreter.prepare_main(q=q)
    interpreter.exec("def twice(x): return 2 * x\nclass A: y = 5\nq.put(twice); q.put(A())")
    assert q.get(timeout=60)(21) == 42
    assert q.get(timeout=60).y == 5
    q.put(lambda x: x + 1)
    interpreter.exec("z = q.get(timeout=60)(1)")
    assert interpreter.get("z") == 2


def test_what_cannot_cross_is_refused_before_anything_is_queued():
    q = sk.Queue()
    with pytest.raises(sk.NotShareableError, match="the item cannot cross"):
        q.put([1, threading.Lock()])
    assert (q.qsize(), q.empty()) == (0, True)
    q.join()


def test_shared_objects_arrive_by_reference():
    q, block = sk.Queue(), sk.SharedBlock(8)
    q.put({"block": [block]})
    assert q.get()["block"][0].id == block.id


def test_an_item_keeps_alive_what_its_sender_has_dropped():
    q, block = sk.Queue(), sk.SharedBlock(8)
    memoryview(block)[0] = 42
    q.put(block)
    del block
    gc.collect()
    assert sk.shared_objects()[1]["held_by"] == {"in flight": 1}
    assert memoryview(q.get())[0] == 42


def test_an_item_outlives_the_interpreter_that_has_sent_it():
    q = sk.Queue()
    with sk.create("sender") as sender:
        sender.prepare_main(q=q)
        sender.exec(
            "import subinterp_kernel as sk\nb = sk.SharedBlock(4); memoryview(b)[0] = 77; q.put([b]); q.put('x')"
        )
    assert memoryview(q.get()[0])[0] == 77
    assert q.get() == "x"


def test_nothing_is_held_any_more_when_the_item_was_got():
    q = sk.Queue()
    for _ in range(100):
        q.put([sk.SharedBlock(8)])
        q.get()
        assert sk.live_object_count() == 1


def test_a_queue_that_dies_unread_frees_its_items():
    q = sk.Queue()
    for _ in range(10):
        q.put(sk.SharedBlock(8))
    assert sk.live_object_count() == 11
    del q
    assert sk.live_object_count() == 0


def test_an_immediate_shutdown_frees_at_once():
    q = sk.Queue()
    q.put(sk.SharedBlock(8))
    q.shutdown(immediate=True)
    assert sk.live_object_count() == 1


def test_an_item_that_cannot_be_read_is_gone_with_all_it_held():
    q = sk.Queue()
    q.put(Unreadable(ValueError("no"), sk.SharedBlock(8)))
    q.put("next")
    with pytest.raises(ValueError, match="no"):
        q.get()
    gc.collect()
    assert sk.live_object_count() == 1
    assert q.get() == "next"


def test_an_interrupt_while_an_item_is_read_leaves_it_in_the_queue():
    q = sk.Queue(1)
    q.put(Unreadable(KeyboardInterrupt(), sk.SharedBlock(8)))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            q.get()
    assert (q.qsize(), sk.live_object_count()) == (1, 2)
    with pytest.raises(queue.Full):
        q.put_nowait(1)
    q.shutdown(immediate=True)
    q.join()


def test_a_queue_goes_through_a_queue(interpreter):
    outer, inner = sk.Queue(), sk.Queue()
    outer.put(inner)
    interpreter.prepare_main(outer=outer)
    interpreter.exec("inner = outer.get(timeout=60); inner.put('hello')")
    assert inner.get(timeout=60) == "hello"


def test_a_queue_in_itself_does_not_live_for_ever():
    q = sk.Queue()
    q.put([q])
    assert q.get()[0].id == q.id
    q.put(q)
    del q
    gc.collect()
    assert sk.live_object_count() == 0


def test_a_queue_that_nobody_holds_is_gone():
    q = sk.Queue()
    (attach, (id,)), block = q.__reduce__(), sk.SharedBlock(1)
    del q
    for gone in (id, block.id, 0):
        with pytest.raises(sk.SharedObjectGoneError, match="no live Queue"):
            attach(gone)


def test_a_queue_made_inside_works_like_any(interpreter):
    interpreter.exec("import subinterp_kernel as sk\nq = sk.Queue(3); q.put(1)")
    q = interpreter.get("q")
    q.put(2)
    interpreter.exec("got = [q.get(timeout=60), q.get(timeout=60)]")
    assert (interpreter.get("got"), q.maxsize) == ([1, 2], 3)
    assert sk.shared_objects()[0]["held_by"] == {"main": 1, "fixture": 1}


def test_large_items_arrive_whole(interpreter):
    there, back = sk.Queue(), sk.Queue()
    data = bytes(range(256)) * (40 << 10)  # 10 MiB
    future = interpreter.submit(lambda there, back: back.put(there.get(timeout=60)), there, back)
    there.put(data)
    assert back.get(timeout=60) == data
    future.result(60)
