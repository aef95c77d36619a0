"""Blocks: the buffer protocol, capsules, addresses, and who keeps them alive."""

from __future__ import annotations

import array
import ctypes
import gc
import pickle
import struct

import pytest
from blocking import held_up

import subinterp_kernel as sk
from subinterp_kernel.shared.memory import CAPSULE_NAME


def test_a_new_block_is_zero_and_aligned():
    block = sk.SharedBlock(1000)
    assert (block.nbytes, len(block), bytes(block)) == (1000, 1000, bytes(1000))
    assert block.address % 64 == 0


def test_a_block_may_be_empty():
    block = sk.SharedBlock(0)
    assert (bytes(block), block.nbytes) == (b"", 0)


@pytest.mark.parametrize("nbytes", [-1, -(2**70)])
def test_negative_sizes_are_refused(nbytes):
    with pytest.raises(ValueError, match="at least 0 bytes"):
        sk.SharedBlock(nbytes)


def test_what_the_system_does_not_have_is_a_memory_error():
    with pytest.raises(MemoryError, match="no memory for a block"):
        sk.SharedBlock(2**62)
    with pytest.raises(OverflowError):
        sk.SharedBlock(2**70)


def test_sizes_must_be_whole_numbers():
    with pytest.raises(TypeError):
        sk.SharedBlock("4")
    with pytest.raises(TypeError):
        sk.SharedBlock()


def test_the_usual_tools_see_the_same_bytes():
    block = sk.SharedBlock(32)
    view = memoryview(block).cast("d")
    view[:] = array.array("d", [1.0, 2.0, 3.0, 4.0])
    assert struct.unpack_from("4d", block) == (1.0, 2.0, 3.0, 4.0)
    (ctypes.c_double * 4).from_buffer(block)[3] = -1.0
    assert view.tolist() == [1.0, 2.0, 3.0, -1.0]
    assert ctypes.c_double.from_address(block.address).value == 1.0


def test_numpy_sees_it_without_a_copy():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    block = sk.SharedBlock(64)
    seen = numpy.frombuffer(block, dtype="i8")
    seen[2] = 7
    assert memoryview(block).cast("q")[2] == 7
    assert seen.ctypes.data == block.address


def test_a_view_keeps_the_memory_alive():
    view = memoryview(sk.SharedBlock(8))
    view[0] = 5
    gc.collect()
    assert (view[0], sk.live_object_count()) == (5, 1)


def test_a_capsule_owns_a_hold_until_it_is_destroyed():
    block = sk.SharedBlock(8)
    capsule = block.capsule()
    assert f'capsule object "{CAPSULE_NAME}"' in repr(capsule)
    del block
    assert sk.live_object_count() == 1
    del capsule
    assert sk.live_object_count() == 0


def test_adopting_a_capsule_takes_its_hold_over():
    block = sk.SharedBlock(8)
    capsule = block.capsule()
    memoryview(block)[3] = 9
    del block
    again = sk.SharedBlock.from_capsule(capsule)
    assert memoryview(again)[3] == 9
    assert sk.shared_objects()[0]["holders"] == 1
    with pytest.raises(ValueError, match="adopted before"):
        sk.SharedBlock.from_capsule(capsule)
    del capsule
    assert memoryview(again)[3] == 9


OTHER_NAME = b"another.name"  # a capsule keeps a pointer to its name, and nothing else of it


def _capsule_named(name: bytes | None):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(1, name, None)


@pytest.mark.parametrize("thing", [None, 1, "x", object(), _capsule_named(None), _capsule_named(OTHER_NAME)])
def test_what_is_no_capsule_of_ours_is_refused(thing):
    with pytest.raises(TypeError, match=r"expected a capsule named 'subinterp_kernel\.block'"):
        sk.SharedBlock.from_capsule(thing)


def test_shared_objects_lists_holders():
    block = sk.SharedBlock(10)
    capsule = block.capsule()
    assert sk.shared_objects() == [
        {
            "id": block.id,
            "kind": "memory",
            "format": "B",
            "shape": (10,),
            "nbytes": 10,
            "holders": 2,
            "held_by": {"main": 2},
        }
    ]
    del capsule


def test_shared_objects_tells_who_holds_what(interpreter):
    block = sk.SharedBlock(10)
    interpreter.prepare_main(block=block, again=[block])
    assert sk.shared_objects()[0]["held_by"] == {"main": 1, "fixture": 1}
    other = sk.SharedBlock(1)
    with held_up(interpreter):
        message = interpreter.submit(lambda _: None, other)
        assert sk.shared_objects()[1]["held_by"] == {"main": 1, "in flight": 1}
    message.result(60)


def test_a_closed_block_refuses_and_a_used_one_stays_open():
    block = sk.SharedBlock(8)
    view = memoryview(block)
    with pytest.raises(BufferError, match=r"still in use by exported buffers \(1\)"):
        block.close()
    view[0] = 1
    view.release()
    block.close()
    assert sk.live_object_count() == 0
    with pytest.raises(ValueError, match="closed"):
        memoryview(block)
    block.close()


def test_the_memory_limit_is_for_the_whole_process():
    with sk.SharedBlock(1000) as block:
        assert (sk.memory_in_use(), sk.memory_limit()) == (1000, None)
        sk.set_memory_limit(1500)
        try:
            with pytest.raises(MemoryError, match=r"limit of 1500 bytes .* \(1000 are in use\)"):
                sk.SharedBlock(501)
            assert sk.SharedBlock(500).nbytes == 500
        finally:
            sk.set_memory_limit(None)
        assert block.nbytes == 1000
    assert sk.memory_in_use() == 0


def test_a_limit_is_a_number_of_bytes():
    with pytest.raises(ValueError, match="at least 0 bytes"):
        sk.set_memory_limit(-1)


def test_a_block_crosses_by_reference(interpreter):
    block = sk.SharedBlock(8)
    interpreter.prepare_main(block=block)
    interpreter.exec("memoryview(block)[0] += 41; address = block.address")
    memoryview(block)[0] += 1
    assert interpreter.call(eval, "__import__('__main__').block.id") == block.id
    assert interpreter.get("address") == block.address
    assert memoryview(block)[0] == 42


def test_a_block_crosses_within_structures_and_back(interpreter):
    block = sk.SharedBlock(8)
    back = interpreter.call(lambda d: {"again": d["x"][0]}, {"x": [block]})
    assert back["again"].id == block.id


def test_a_block_made_inside_outlives_its_interpreter():
    made = sk.create("a")
    made.exec("import subinterp_kernel as sk\nb = sk.SharedBlock(4)\nmemoryview(b)[0] = 77")
    block = made.get("b")
    made.close()
    assert memoryview(block)[0] == 77


def test_an_unread_reply_pins_its_block_until_it_is_dropped(interpreter):
    interpreter.exec("import subinterp_kernel as sk")
    future = interpreter.submit(lambda: __import__("subinterp_kernel").SharedBlock(16))
    assert future.result(60).nbytes == 16
    del future
    gc.collect()
    assert sk.live_object_count() == 0


def test_no_pin_outlives_the_result(interpreter):
    """What was in flight is free when the result is there, not some time later."""
    for _ in range(300):
        assert interpreter.submit(len, sk.SharedBlock(8)).result(60) == 8
        assert sk.live_object_count() == 0


def test_closing_an_interpreter_lets_its_blocks_go():
    made = sk.create("a")
    made.prepare_main(block=sk.SharedBlock(8))
    made.exec("view = memoryview(block); capsule = block.capsule(); import ctypes; c = ctypes.c_int.from_buffer(block)")
    assert sk.live_object_count() == 1
    made.close()
    assert sk.live_object_count() == 0


def test_a_stale_or_forged_id_finds_nothing():
    block = sk.SharedBlock(8)
    stale = pickle.dumps(block)
    del block
    with pytest.raises(sk.SharedObjectGoneError, match="its last holder released it"):
        pickle.loads(stale)
    with pytest.raises(sk.SharedObjectGoneError):
        sk.SharedBlock.attach(2**60)


def test_a_guessed_id_finds_nothing():
    block = sk.SharedBlock(8)
    for guess in (0, 1, 2, block.id - 1, block.id + 1, block.id ^ (1 << 40)):
        with pytest.raises(sk.SharedObjectGoneError):
            sk.SharedBlock.attach(guess)


def test_the_articles_counter_goes_from_42_to_44(interpreter):
    block = sk.SharedBlock(4)
    memoryview(block).cast("i")[0] = 42
    with sk.create("second") as second:
        for each in (interpreter, second):
            each.prepare_main(address=block.address)
            each.exec("import ctypes\nctypes.cast(address, ctypes.POINTER(ctypes.c_int)).contents.value += 1")
    assert memoryview(block).cast("i")[0] == 44
