"""Who keeps a shared array's memory alive: views, exports, capsules, messages, in any order and any interpreter."""

from __future__ import annotations

import gc
import itertools
import pickle
import sys
from collections.abc import Callable

import pytest
from blocking import held_up

import subinterp_kernel as sk
from subinterp_kernel.shared import serialization

HOLDERS: dict[str, Callable[[sk.SharedArray], object]] = {
    "slice": lambda a: a[1:],
    "transposed": lambda a: a.T,
    "cast": lambda a: a.cast("B"),
    "read-only": lambda a: a.readonly(),
    "memoryview": memoryview,
    "iterator": iter,
    "capsule": lambda a: a.capsule(),
    "adopted": lambda a: sk.SharedArray.from_capsule(a.capsule()),
    "block": lambda a: sk.SharedBlock.from_capsule(a.capsule()),
    "ctypes": lambda a: a.as_ctypes(),
    "dlpack": lambda a: a.__dlpack__(max_version=(1, 0)),
    "pickled": lambda a: pickle.loads(pickle.dumps(a)),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_each_kind_of_holder_keeps_the_memory_alive_alone(kind):
    a = sk.SharedArray(4, "q")
    held = HOLDERS[kind](a)
    del a
    assert sk.live_object_count() == 1
    del held
    gc.collect()
    assert sk.live_object_count() == 0


@pytest.mark.parametrize("kinds", [*itertools.permutations(["slice", "memoryview", "capsule", "ctypes"])], ids="-".join)
def test_holders_may_go_in_any_order(kinds):
    a = sk.SharedArray(4, "q")
    held = {kind: HOLDERS[kind](a) for kind in kinds}
    del a
    for kind in kinds:
        assert sk.live_object_count() == 1
        del held[kind]
    gc.collect()
    assert sk.live_object_count() == 0


@pytest.mark.parametrize("kind", ["memoryview", "iterator", "ctypes"])
def test_close_with_exports_is_refused_and_changes_nothing(kind):
    a = sk.SharedArray(4, "q")
    held = HOLDERS[kind](a)
    with pytest.raises(BufferError, match="still in use by exported buffers"):
        a.close()
    a[0] = 7
    assert (a[0], a.shape) == (7, (4,))
    del held
    gc.collect()
    a.close()
    assert sk.live_object_count() == 0


def test_close_with_numpy_views_is_refused():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    a = sk.SharedArray(4, "d")
    seen = numpy.asarray(a)[1:]
    with pytest.raises(BufferError):
        a.close()
    del a
    gc.collect()
    seen[0] = 3
    assert (seen[0], sk.live_object_count()) == (3, 1)


def test_closing_one_view_leaves_the_others():
    a = sk.SharedArray(4, "q")
    part = a[1:]
    a.close()
    part[0] = 5
    assert part.tolist() == [5, 0, 0]


def test_an_array_crosses_by_reference_with_its_geometry(interpreter):
    a = sk.SharedArray((2, 3), "i")
    a.reshape(-1)[:] = range(6)
    interpreter.prepare_main(a=a, t=a.T[::-1, 1:], r=a.readonly())
    interpreter.exec("a[0, 0] = 42; seen = (t.tolist(), r.writable, r[0, 0])")
    assert a[0, 0] == 42
    assert interpreter.get("seen") == ([[5], [4], [3]], False, 42)


def test_an_array_comes_back_as_a_result(interpreter):
    interpreter.exec("import subinterp_kernel as sk\na = sk.SharedArray(3, 'd')\na[1] = 2.5")
    assert interpreter.get("a").tolist() == [0, 2.5, 0]
    made = interpreter.call(lambda: __import__("subinterp_kernel").SharedArray.copy_of(b"abc"))
    assert made.tobytes() == b"abc"


def test_an_array_outlives_the_interpreter_that_made_it():
    with sk.create("a") as made:
        made.exec("import subinterp_kernel as sk\na = sk.SharedArray(3, 'd'); v = memoryview(a); c = a.capsule()")
        a = made.get("a")
        assert sk.shared_objects()[0]["held_by"].keys() == {"main", "a"}
    a[2] = 1
    assert sk.shared_objects()[0]["held_by"] == {"main": 1}


def test_everything_an_interpreter_holds_goes_with_it():
    with sk.create("a") as made:
        made.prepare_main(a=sk.SharedArray((4, 4), "q"))
        made.exec(
            "v = memoryview(a); s = a[1:, ::2]; c = a.capsule(); t = a.as_ctypes(); i = iter(a[0])\n"
            "d = a.__dlpack__(); cycle = [a]; cycle.append(cycle); import json; json.hidden = a.T"
        )
        assert sk.live_object_count() == 1
    assert sk.live_object_count() == 0


def test_a_message_pins_what_it_carries(interpreter):
    with held_up(interpreter):
        future = interpreter.submit(lambda a: a[0], sk.SharedArray(1, "q"))
        gc.collect()
        assert sk.shared_objects()[0]["held_by"] == {"in flight": 1}
    assert future.result(60) == 0


def test_unread_messages_let_go_when_the_interpreter_closes():
    made = sk.create("a")
    made.submit(__import__("time").sleep, 30)
    waiting = [made.submit(len, sk.SharedArray(10, "q")) for _ in range(5)]
    assert sk.live_object_count() == 5
    made.close()
    assert all(future.exception(60) is not None for future in waiting)
    del waiting
    gc.collect()
    assert sk.live_object_count() == 0


def test_unpickling_that_fails_half_way_lets_go(interpreter):
    class Bomb:
        def __reduce__(self):
            return divmod, (1, 0)

    with pytest.raises(sk.ExecutionFailed, match="ZeroDivisionError"):
        interpreter.call(print, sk.SharedArray(3, "q"), Bomb(), sk.SharedArray(3, "q"))
    gc.collect()
    interpreter.exec("import gc; gc.collect()")
    assert sk.live_object_count() == 0


def test_buffers_cross_out_of_band_with_one_copy(interpreter):
    class Picture:
        def __init__(self, pixels):
            self.pixels = pixels

        def __reduce_ex__(self, protocol):
            return type(self), (pickle.PickleBuffer(self.pixels),)

    data, pins = serialization.dumps(Picture(bytearray(100_000)), "a picture")
    assert (len(data) < 10_000, [pin.nbytes for pin in pins]) == (True, [100_000])
    again = serialization.loads(data).pixels
    assert (memoryview(again).nbytes, sk.live_object_count()) == (100_000, 1)
    assert interpreter.call(lambda p: memoryview(p.pixels)[:3].tolist(), Picture(b"abc" * 9)) == [97, 98, 99]


def test_numpy_arrays_arrive_as_shared_arrays_where_numpy_cannot_be_imported_and_return(interpreter):
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    interpreter.exec("import sys\nsys.modules['numpy'] = None")
    table = numpy.arange(6, dtype="f").reshape(2, 3)
    seen = interpreter.call(lambda t: (type(t).__name__, t.format, t.shape, t.tolist()), table.T)
    assert seen == ("SharedArray", "f", (3, 2), table.T.tolist())
    back = interpreter.call(lambda t: (t.__setitem__((0, 0), 9), t[:, 1:])[1], table)
    assert (type(back), back.tolist(), table[0, 0]) == (numpy.ndarray, [[1, 2], [4, 5]], 0)
    data, _pins = serialization.dumps([table], "x")
    assert isinstance(serialization.loads(data)[0], numpy.ndarray)


@pytest.mark.parametrize(
    ("field", "value"),
    [(0, 12345), (1, "x"), (2, 8), (2, -8), (3, (5, 4)), (3, (-1, 4)), (4, (2**62, 8)), (4, (-32, 8)), (4, (8,))],
)
def test_a_forged_pickle_is_refused(field, value):
    a = sk.SharedArray((4, 4), "d")
    attach, state = a.__reduce__()
    forged = [*state[:field], value, *state[field + 1 :]]
    with pytest.raises((ValueError, sk.SharedObjectGoneError)):
        attach(*forged)


def test_an_id_of_another_kind_finds_nothing():
    number = sk.AtomicInt(5)
    with pytest.raises(sk.SharedObjectGoneError):
        sk.SharedArray.attach(number.id)


def test_a_capsule_carries_the_geometry():
    a = sk.SharedArray((2, 3), "i")
    a.reshape(-1)[:] = range(6)
    assert sk.SharedArray.from_capsule(a.T[1:].capsule()).tolist() == [[1, 4], [2, 5]]
    assert not sk.SharedArray.from_capsule(a.readonly().capsule()).writable
    with pytest.raises(ValueError, match="read-only array"):
        sk.SharedBlock.from_capsule(a.readonly().capsule())
    assert sk.SharedArray.from_capsule(sk.SharedBlock(3).capsule()).shape == (3,)


def test_a_consumed_capsule_and_what_is_none_are_refused():
    capsule = sk.SharedArray(3, "d").capsule()
    a = sk.SharedArray.from_capsule(capsule)
    with pytest.raises(ValueError, match="adopted before"):
        sk.SharedArray.from_capsule(capsule)
    for thing in (None, 5, a, a.__dlpack__()):
        with pytest.raises(TypeError, match="expected a capsule named"):
            sk.SharedArray.from_capsule(thing)


def test_the_process_ends_quietly_with_everything_alive(run_python):
    code = (
        "import subinterp_kernel as sk, ctypes\n"
        "a = sk.SharedArray((1000, 1000), 'd'); held = [memoryview(a), a.capsule(), a.as_ctypes(), a[1:], iter(a[0])]\n"
        "i = sk.create('i'); i.prepare_main(a=a, n=sk.AtomicInt(3))\n"
        "i.exec('v = memoryview(a); c = a[::2].capsule()')\n"
        "import builtins; builtins.kept = [a, held, i]\n"
        "print('end')\n"
    )
    done = run_python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_child_has_a_copy_of_its_own(run_python):
    code = (
        "import os, subinterp_kernel as sk\n"
        "a = sk.SharedArray(4, 'q'); i = sk.create(); i.prepare_main(a=a)\n"
        "if (child := os.fork()) == 0:\n"
        "    a[0] = 1; b = sk.SharedArray(2, 'q'); b[0] = a[0]; del a, b; os._exit(sk.live_object_count())\n"
        "print(os.waitpid(child, 0)[1], a[0])\n"
    )
    done = run_python(code)
    assert (done.stdout, done.stderr) == ("256 0\n", "")  # status 1: the child still counts what `i` held
