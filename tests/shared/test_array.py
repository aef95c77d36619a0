"""SharedArray: making, copying, other views, equality, repr and closing."""

from __future__ import annotations

import array
import copy
import ctypes
import pickle
import sys

import pytest
from sample_arrays import numbered

import subinterp_kernel as sk
from subinterp_kernel.bindings import array_layout

CODES = [*"c?bBhHiIlLqQnNefdP", *(["Zf", "Zd"] if sys.version_info >= (3, 15) else [])]


def test_a_new_array_is_zero_and_aligned():
    a = sk.SharedArray((3, 4), "d")
    assert a.tolist() == [[0.0] * 4] * 3
    assert a.address % 64 == 0
    assert (a.format, a.itemsize, a.ndim, a.shape, a.strides, a.size, a.nbytes, len(a)) == (
        "d", 8, 2, (3, 4), (32, 8), 12, 96, 3,
    )  # fmt: skip


def test_fortran_order_runs_the_first_index_fastest():
    a = sk.SharedArray((3, 4), "d", order="F")
    assert (a.strides, a.f_contiguous, a.c_contiguous) == ((8, 24), True, False)


@pytest.mark.parametrize("code", CODES)
def test_every_format_is_as_large_as_in_memoryview(code):
    view = memoryview(bytearray(64)).cast(code)
    a = sk.SharedArray(3, "@" + code)
    assert (a.format, a.itemsize) == (code, view.itemsize)
    assert a.tolist() == view[:3].tolist()


@pytest.mark.parametrize("format", ["Zf", "Zd"])
def test_complex_numbers_work_whatever_memoryview_can_do(format):
    a = sk.SharedArray((2, 2), format)
    a[0] = [1 + 2j, 3]
    a[1, 1] = -1j
    assert a.tolist() == [[1 + 2j, 3], [0, -1j]]
    assert (list(a[0]), a.itemsize) == ([1 + 2j, 3], 8 if format == "Zf" else 16)
    assert a == sk.SharedArray.copy_of(a)
    assert a != sk.SharedArray((2, 2), format)
    if format == "Zf":
        with pytest.raises(ValueError, match="invalid value for format 'Zf'"):
            a[0, 0] = 1e300


@pytest.mark.parametrize("format", ["", "Zx", "ZZ", "x", "s", "ii", "<i", ">d", "@", "é", "Z", "d "])
def test_other_dtypes_are_refused(format):
    with pytest.raises(ValueError, match=r"cannot have dtype|byte order"):
        sk.SharedArray(1, format)


@pytest.mark.parametrize("shape", [-1, (2, -1), (2**62, 4), (0, 2**62, 4), 2**70, (1,) * 65])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"at least length 0|can be addressed|at most 64 dimensions"):
        sk.SharedArray(shape, "d")


@pytest.mark.parametrize("shape", [1.5, "3", None, (2, "3")])
def test_shapes_are_whole_numbers(shape):
    with pytest.raises(TypeError):
        sk.SharedArray(shape, "d")


def test_order_is_c_or_f():
    with pytest.raises(ValueError, match="order is 'C'"):
        sk.SharedArray(1, "d", order="K")


def test_what_the_system_does_not_have_is_a_memory_error():
    with pytest.raises(MemoryError, match="no memory for an array of"):
        sk.SharedArray(2**50, "B")


def test_the_limit_holds_for_arrays():
    sk.set_memory_limit(100)
    try:
        with pytest.raises(MemoryError, match="limit of 100 bytes"):
            sk.SharedArray(13, "d")
        assert sk.SharedArray(12, "d").nbytes == 96
    finally:
        sk.set_memory_limit(None)


def test_untouched_pages_of_a_large_array_cost_nothing():
    resource = pytest.importorskip("resource", reason="Windows cannot tell")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    a = sk.SharedArray((4, 2**30), "B")
    a[3, -1] = 7
    assert (a.nbytes, a[3, 2**30 - 1]) == (2**32, 7)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**18  # KiB, hence 256 MiB


@pytest.mark.parametrize("excess", [-1, 0, 1, 63, 64, 4095, 4096])
@pytest.mark.parametrize("size", [2**20, 2**22, 2**23])
def test_large_arrays_are_usable_to_their_last_byte(size, excess):
    for _ in range(2):
        with sk.SharedArray(size + excess, "uint8") as a:
            assert (a[0], a[-1], a.address % 64) == (0, 0, 0)
            a.fill(7)
            assert sk.SharedArray.copy_of(a)[-1] == 7


@pytest.mark.parametrize("shape", [0, (0,), (3, 0), (0, 3)])
def test_an_array_may_be_empty(shape):
    a = sk.SharedArray(shape, "i")
    assert (a.size, a.nbytes, bytes(a)) == (0, 0, b"")
    a.fill(1)
    a[...] = a


@pytest.mark.parametrize("view", [
    lambda a: a.T, lambda a: a.readonly(), lambda a: a.reshape(3, 0), lambda a: a.cast("B"), lambda a: a[:, 1:].T,
    lambda a: pickle.loads(pickle.dumps(a)), lambda a: sk.SharedArray.from_capsule(a.capsule()),
])  # fmt: skip
def test_an_empty_array_has_all_views(view):
    for a in (sk.SharedArray((0, 3), "i"), sk.SharedArray((4, 3), "i")[4:]):
        assert (view(a).size, view(a).tobytes()) == (0, b"")


def test_an_array_is_made_once():
    a = sk.SharedArray(4, "q")
    view = memoryview(a)
    for again in (
        lambda: a.__init__(100_000, "q"),
        lambda: array_layout.adopt(a, a.capsule()),
        lambda: array_layout.attach_whole(a, a.id),
    ):
        with pytest.raises(RuntimeError, match="made already"):
            again()
    view[0] = 7
    assert (a[0], a.shape, sk.live_object_count()) == (7, (4,), 1)


def test_an_array_may_have_no_dimensions():
    a = sk.SharedArray((), "i")
    a[()] = 5
    a[...] = a[()] + 1
    assert (a[()], a.tolist(), a.shape, a.size) == (6, 6, (), 1)
    with pytest.raises(TypeError, match="no length"):
        len(a)


def test_transposing_reshaping_and_casting_share_memory():
    a = numbered(2, 3)
    assert a.T.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert a.reshape(3, 2).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert a.reshape((-1, 1)).shape == (6, 1)
    a.cast("B")[0] = 255
    assert a[0, 0] == 255
    assert a.cast("h", (2, 6))[0, 0] == 255
    assert a[1].cast("B", 12).shape == (12,)


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (lambda a: a.reshape(4), "cannot reshape"),
        (lambda a: a.reshape(-1, -1), "only one length"),
        (lambda a: a.reshape(-1, 4), "cannot reshape"),
        (lambda a: a.T.reshape(6), "Fortran order"),
        (lambda a: a[:, ::2].cast("B"), "gaps"),
        (lambda a: a[0, :1].cast("d"), "not a whole number"),
        (lambda a: a.cast("i", (5,)), "cannot cast"),
        (lambda a: a.cast("x"), "cannot have dtype 'x'"),
    ],
)
def test_views_that_cannot_be_are_refused(view, problem):
    with pytest.raises(ValueError, match=problem):
        view(numbered(2, 3))


def test_a_read_only_view_sees_changes_and_makes_none():
    a = numbered(3)
    r = a.readonly()
    a[0] = 9
    assert (r[0], r.writable, a.writable) == (9, False, True)
    for change in (lambda: r.__setitem__(0, 1), lambda: r.fill(1), lambda: r[1:].__setitem__(slice(None), 1)):
        with pytest.raises(TypeError, match="cannot modify a read-only array"):
            change()
    assert not any(view.writable for view in (r.T, r.reshape(3, 1), r.cast("B"), r[:1]))


def test_equality_is_by_content():
    a = numbered(2, 2)
    b = sk.SharedArray((2, 2), "d")
    b[...] = a
    assert a == b
    assert a != b[0]
    assert (a == 1) is False
    assert a == memoryview(a)
    with pytest.raises(TypeError, match="unhashable"):
        hash(a)


def test_copies_have_their_own_memory():
    a = numbered(2, 3)
    for made in (sk.SharedArray.copy_of(a.T), copy.copy(a.T), copy.deepcopy({"a": a.T})["a"]):
        assert (made == a.T, made.c_contiguous, made.id != a.id) == (True, True, True)


@pytest.mark.parametrize(
    ("source", "format"),
    [(b"abc", "B"), (array.array("d", [1, 2]), "d"), ((ctypes.c_short * 2)(1, 2), "h"), ((ctypes.c_long * 2)(1), None)],
)
def test_copy_of_takes_format_and_values_of_a_buffer(source, format):
    a = sk.SharedArray.copy_of(source)
    assert a.format == format or (format is None and a.itemsize == ctypes.sizeof(ctypes.c_long))
    assert a.tobytes() == bytes(source)


def test_copy_of_refuses_what_is_no_buffer_or_no_numbers():
    with pytest.raises(TypeError):
        sk.SharedArray.copy_of([1, 2])
    swapped = (ctypes.c_int.__ctype_be__ if sys.byteorder == "little" else ctypes.c_int.__ctype_le__) * 2
    with pytest.raises(ValueError, match="this machine's byte order"):
        sk.SharedArray.copy_of(swapped(1, 2))


def test_repr_shows_head_tail_shape_and_holders(interpreter):
    a = numbered(100)
    interpreter.prepare_main(a=a)
    assert repr(a) == "SharedArray((100,), 'int32', [0, 1, 2, …, 97, 98, 99], held by main, fixture)"
    assert "read-only" in repr(a.readonly())
    assert repr(numbered(1, 2)) == "SharedArray((1, 2), 'int32', [[0, 1]], held by main)"
    assert "<td>97</td>" in a._repr_html_()
    assert "<td>…</td>" in numbered(9, 9)._repr_html_()
    assert numbered(1, 1, 1)._repr_html_().startswith("<pre>SharedArray")
    a.close()
    assert repr(a) == "<SharedArray, closed>"


def test_a_closed_array_refuses_everything():
    with sk.SharedArray(3, "d") as a:
        pass
    for use in (
        lambda: a[0], lambda: a[:], lambda: a.shape, lambda: memoryview(a), lambda: a.fill(0), lambda: len(a),
        a.capsule, a.__reduce__, lambda: a.__setitem__(0, 1), lambda: a.T, lambda: a.id,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="closed"):
            use()
    a.close()


def test_one_that_was_never_initialised_counts_as_closed():
    with pytest.raises(ValueError, match="closed"):
        sk.SharedArray.__new__(sk.SharedArray)[0]
