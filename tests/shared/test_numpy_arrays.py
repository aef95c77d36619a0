"""NumPy arrays and pandas objects that are sent to interpreters which have NumPy: one copy, then shared memory."""

from __future__ import annotations

import importlib.util

import pytest
from array_descriptions import described, fill, layouts, same

import subinterp_kernel as sk
from subinterp_kernel.extensions import policy

numpy = pytest.importorskip("numpy", reason="NumPy is not installed")

pytestmark = pytest.mark.skipif(not policy.SUPPORTED, reason="NumPy cannot be imported in sub-interpreters here")

needs_pandas = pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")


def read_only(array):
    array.flags.writeable = False
    return array


PAIRS = [(1, 2.5), (3, 4.5)]
CONTIGUOUS = {
    "float64": numpy.arange(6.0).reshape(2, 3),
    "Fortran order": numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    "0-d": numpy.array(3.5),
    "empty": numpy.empty((0, 3)),
    "read-only": read_only(numpy.arange(3)),
    "bool": numpy.array([True, False]),
    "float16": numpy.arange(3, dtype="f2"),
    "long double": numpy.arange(3, dtype="g"),
    "complex64": numpy.array([1 + 2j], dtype="c8"),
    "complex128": numpy.array([1 + 2j]),
    "big-endian": numpy.arange(3, dtype=">f4"),
    "datetime64": numpy.array(["2020-01-01", "NaT"], dtype="M8[s]"),
    "datetime64, 0-d": numpy.array("2020-01-01", dtype="M8[D]"),
    "timedelta64": numpy.array([5], dtype="m8[ms]"),
    "structured": numpy.array(PAIRS, dtype="i4,f8"),
    "structured, read-only": read_only(numpy.array(PAIRS, dtype="i4,f8")),
    "structured, empty": numpy.zeros(0, dtype="i4,f8"),
    "structured, Fortran order": numpy.asfortranarray(numpy.zeros((2, 3), dtype="i4,f8")),
    "bytes": numpy.array([b"abc", b"d"]),
    "str": numpy.array(["abc", "ü"]),
    "void": numpy.zeros(2, dtype="V5"),
    "object": numpy.array([1, "a", None], dtype=object),
    "masked": numpy.ma.array([1, 2], mask=[0, 1]),
    "records": numpy.rec.array(PAIRS, dtype="i4,f8"),
}
WITH_GAPS = {
    "backwards": numpy.arange(10)[::-3],
    "transposed": numpy.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
    "broadcast": numpy.broadcast_to(numpy.arange(2), (3, 2)),
    "big-endian": numpy.arange(9, dtype=">f4")[::2],
    "structured": numpy.array(PAIRS * 2, dtype="i4,f8")[::2],
    "a field": numpy.array(PAIRS, dtype="i4,f8")["f1"],
}


def test_every_dtype_and_layout_arrives_right(interpreter):
    assert interpreter.call(described, CONTIGUOUS) == described(CONTIGUOUS)
    assert interpreter.call(layouts, CONTIGUOUS) == layouts(CONTIGUOUS)


def test_arrays_with_gaps_arrive_without_them(interpreter):
    assert interpreter.call(described, WITH_GAPS) == described(WITH_GAPS)
    assert all(c or f for c, f, _ in interpreter.call(layouts, WITH_GAPS).values())


def test_they_return_right(interpreter):
    for arrays in (CONTIGUOUS, WITH_GAPS):
        assert described(interpreter.call(same, arrays)) == described(arrays)


def test_one_copy_on_the_way_there_and_none_on_the_way_back(interpreter):
    array = numpy.arange(4.0)
    interpreter.prepare_main(a=array)
    interpreter.exec("a[0] = 9")
    back = interpreter.get("a")
    assert (array[0], back[0], sk.live_object_count()) == (0, 9, 1)
    back[1] = 7
    interpreter.exec("assert a.tolist() == [9, 7, 2, 3]")
    del back


def test_a_view_returns_as_a_view_of_the_same_memory(interpreter):
    back = interpreter.call(lambda a: (a[::-1, 1:], a), numpy.arange(6.0).reshape(2, 3))
    view, whole = back
    view[0, 0] = 9
    assert (view.shape, whole.tolist(), sk.live_object_count()) == ((2, 2), [[0, 1, 2], [3, 9, 5]], 1)
    del back, view, whole


def test_an_array_over_a_shared_array_is_passed_by_reference(interpreter):
    shared = sk.SharedArray((2, 3))
    over = numpy.asarray(shared)
    interpreter.call(fill, over.T[1:])
    assert (shared.tolist(), sk.live_object_count()) == ([[0, 5, 5], [0, 5, 5]], 1)
    assert not interpreter.call(lambda a: a.flags.writeable, numpy.asarray(shared.readonly()))


def test_dates_return_without_another_copy(interpreter):
    back = interpreter.call(same, numpy.array(["2020-01-01"], dtype="M8[s]"))
    interpreter.prepare_main(dates=back)
    assert (interpreter.get("dates") == back, sk.live_object_count()) == (True, 1)
    del back


def test_a_repeated_array_crosses_once(interpreter):
    array = numpy.arange(3.0)
    assert interpreter.call(lambda a, b: a is b, array, array)


def test_the_memory_lives_as_long_as_a_view_in_any_interpreter(interpreter):
    interpreter.prepare_main(a=numpy.arange(4.0))
    view = interpreter.get("a")[2:]
    interpreter.exec("b = a[:1]; del a")
    assert sk.live_object_count() == 1
    interpreter.close()
    assert (view.tolist(), sk.live_object_count()) == ([2, 3], 1)
    del view
    assert sk.live_object_count() == 0


def test_a_queue_passes_arrays(interpreter):
    queue = sk.Queue()
    queue.put(numpy.arange(3.0))
    assert interpreter.call(lambda q: described({"": q.get()}), queue) == described({"": numpy.arange(3.0)})


def test_an_array_goes_from_interpreter_to_interpreter(interpreter):
    with sk.create() as second:
        queue = sk.Queue()
        interpreter.call(lambda q: q.put(__import__("numpy").arange(3.0)), queue)
        assert second.call(lambda q: q.get().tolist(), queue) == [0, 1, 2]


@needs_pandas
def test_data_frames_and_series_cross_both_ways(interpreter):
    import pandas

    frame = pandas.DataFrame(
        {
            "number": [1.5, 2.5, None], "count": [1, 2, 3], "text": ["x", "y", None],
            "date": pandas.date_range("2020", periods=3), "kind": pandas.Categorical(["u", "v", "u"]),
            "maybe": pandas.array([1, None, 3], dtype="Int64"),
        }
    )  # fmt: skip
    pandas.testing.assert_frame_equal(interpreter.call(same, frame), frame)
    pandas.testing.assert_series_equal(interpreter.call(same, frame["count"]), frame["count"])
    changed = interpreter.call(lambda f: (f.__setitem__("new", f["count"] * 2), f)[1], frame)
    assert (changed["new"].tolist(), list(frame.columns)[-1]) == ([2, 4, 6], "maybe")


@needs_pandas
def test_the_columns_of_a_data_frame_are_in_shared_memory(interpreter):
    import pandas

    frame = pandas.DataFrame({"a": numpy.arange(1000.0), "b": numpy.arange(1000.0)})
    interpreter.prepare_main(frame=frame)
    assert 16_000 <= sum(item["nbytes"] for item in sk.shared_objects()) < 20_000
    back = interpreter.get("frame")
    assert sum(item["nbytes"] for item in sk.shared_objects()) < 20_000
    assert back.equals(frame)
    del back
