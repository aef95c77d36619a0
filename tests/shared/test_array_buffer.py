"""SharedArray as a buffer: beside memoryview and NumPy for all formats, flags and slices."""

from __future__ import annotations

import ctypes
import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import subinterp_kernel as sk

INTEGERS = "bBhHiIlLqQnN"
CODES = ["c", "?", *INTEGERS, *"efdP", *(["Zf", "Zd"] if sys.version_info >= (3, 15) else [])]

VALUES = st.one_of(
    st.integers(-(2**70), 2**70), st.integers(-300, 300), st.floats(), st.booleans(), st.binary(max_size=2),
    st.complex_numbers(), st.none(), st.text(max_size=1),
)  # fmt: skip


def outcome(action):
    """What an action returns or which kind of error it raises, comparable even for NaN."""
    try:
        return repr(action())
    except (TypeError, ValueError) as error:
        return type(error)


@given(code=st.sampled_from(CODES), value=VALUES)
@settings(max_examples=400, deadline=None)
def test_elements_behave_as_in_memoryview(code, value):
    view = memoryview(bytearray(64)).cast(code)
    a = sk.SharedArray(2, code)

    def set_and_get(target):
        target[1] = value
        return target[1]

    expected, found = outcome(lambda: set_and_get(view)), outcome(lambda: set_and_get(a))
    if code in ("f", "Zf") and expected != found:
        assert found is ValueError  # memoryview stores infinity for what is too large
        assert "inf" in expected
    else:
        assert found == expected
        assert bytes(a) == bytes(view[:2])


@st.composite
def keys(draw, ndim):
    part = st.one_of(
        st.integers(-3, 2), st.builds(slice, *[st.one_of(st.none(), st.integers(-5, 5))] * 2,
                                      st.sampled_from([None, 1, 2, 3, -1, -2])),
    )  # fmt: skip
    parts = draw(st.lists(part, max_size=ndim))
    for extra in draw(st.sampled_from([[], [...], [None], [..., None]])):
        parts.insert(draw(st.integers(0, len(parts))), extra)
    return tuple(parts)


@given(data=st.data(), shape=st.lists(st.integers(0, 4), min_size=0, max_size=4), order=st.sampled_from("CF"))
@settings(max_examples=400, deadline=None)
def test_slices_behave_as_in_numpy(data, shape, order):
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    a = sk.SharedArray(shape, "i", order=order)
    n = numpy.asarray(a)
    n[...] = numpy.arange(n.size).reshape(n.shape)
    for _ in range(2):
        key = data.draw(keys(n.ndim))
        try:
            expected = n[key]
        except IndexError:
            with pytest.raises(IndexError):
                a[key]
            return
        found = a[key]
        if not isinstance(found, sk.SharedArray):
            assert found == expected
            return
        assert (found.shape, found.tolist()) == (expected.shape, expected.tolist())
        assert numpy.shares_memory(numpy.asarray(found), n) or found.size == 0
        assert (found.c_contiguous, found.f_contiguous) == (expected.flags.c_contiguous, expected.flags.f_contiguous)
        assert found.size == 0 or found.address == expected.ctypes.data
        a, n = found, expected


@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_assignment_to_slices_behaves_as_in_numpy(data, shape):
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    a = sk.SharedArray(shape, "i")
    expected = numpy.zeros(shape, "i")
    key = data.draw(keys(len(shape)))
    try:
        values = numpy.arange(expected[key].size, dtype="i").reshape(expected[key].shape)
    except IndexError:
        return
    source = data.draw(st.sampled_from([values, values.tolist() if values.size else 7, values.astype("d"), 7]))
    if isinstance(source, numpy.ndarray) and source.dtype == "d" and source.size:
        with pytest.raises(TypeError):  # floats are no integers, as in memoryview; NumPy would cut them off
            a[key] = source
        return
    expected[key] = source
    a[key] = source
    assert a.tolist() == expected.tolist()


# ------------------------------------------------------------------------------------------------------------- flags

WRITABLE, FORMAT, ND, STRIDES = 1, 4, 8, 0x18
C, F, ANY = 0x38, 0x58, 0x98
FLAGS = {
    "simple": 0, "writable": WRITABLE, "format": FORMAT, "nd": ND, "strides": STRIDES, "c": C, "f": F, "any": ANY,
    "indirect": 0x118, "contig": ND | WRITABLE, "strided": STRIDES | WRITABLE, "records": STRIDES | WRITABLE | FORMAT,
    "full": 0x118 | WRITABLE | FORMAT, "full_ro": 0x118 | FORMAT, "c format": C | FORMAT,
}  # fmt: skip

LAYOUTS = {
    "bytes": lambda: sk.SharedArray(6, "B"),
    "doubles": lambda: sk.SharedArray((2, 3), "d"),
    "fortran": lambda: sk.SharedArray((2, 3), "d", order="F"),
    "gaps": lambda: sk.SharedArray((4, 6), "d")[::2, ::3],
    "read-only": lambda: sk.SharedArray(4, "i").readonly(),
    "no dimensions": lambda: sk.SharedArray((), "q"),
    "empty": lambda: sk.SharedArray((0, 3), "h"),
    "backwards": lambda: sk.SharedArray(5, "h")[::-1],
}


class PyBuffer(ctypes.Structure):
    _fields_ = [
        ("buf", ctypes.c_void_p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p), ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)), ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]  # fmt: skip


def request(exporter: object, flags: int):
    """The fields of a buffer that was asked for with these flags, or BufferError."""
    buffer = PyBuffer()
    get, release = ctypes.pythonapi.PyObject_GetBuffer, ctypes.pythonapi.PyBuffer_Release
    try:
        get(ctypes.py_object(exporter), ctypes.byref(buffer), flags)
    except BufferError:
        return BufferError
    lists = tuple(
        None if not pointer else tuple(pointer[axis] for axis in range(buffer.ndim))
        for pointer in (buffer.shape, buffer.strides)
    )
    fields = (buffer.len, buffer.itemsize, buffer.readonly, buffer.ndim, buffer.format, *lists)
    release(ctypes.byref(buffer))
    return fields


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_flag_is_honoured_as_by_memoryview(layout, flags):
    a = layout()
    assert request(a, flags) == request(memoryview(a), flags)


def test_struct_reads_what_was_written():
    a = sk.SharedArray(3, "i")
    a[:] = [1, -2, 3]
    assert struct.unpack("3i", a) == (1, -2, 3)
    struct.pack_into("i", a, 4, 77)
    assert a[1] == 77


# -------------------------------------------------------------------------------------------------------------- NumPy


@pytest.mark.parametrize(
    "code", [*(code for code in CODES if code not in ("c", "n", "N", "P", "Zf", "Zd")), "Zf", "Zd"]
)
def test_numpy_sees_and_writes_the_same_memory(code):
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    a = sk.SharedArray((2, 3), code)
    for seen in (numpy.asarray(a), numpy.from_dlpack(a)):
        seen[1, 2] = 1
        assert (a[1, 2], seen.ctypes.data, seen.dtype.itemsize, seen.shape) == (1, a.address, a.itemsize, (2, 3))
        a[1, 2] = 0


def test_dlpack_serves_formats_that_numpy_does_not_know_as_buffers():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    for code in "nNP":
        seen = numpy.from_dlpack(sk.SharedArray(2, code))
        assert seen.dtype.kind == ("i" if code == "n" else "u")


def test_dlpack_keeps_gaps_and_read_only():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    a = sk.SharedArray((4, 4), "i")
    a.reshape(-1)[:] = range(16)
    seen = numpy.from_dlpack(a[::2, ::-1].readonly())
    assert (seen.tolist(), seen.flags.writeable) == ([[3, 2, 1, 0], [11, 10, 9, 8]], False)


@pytest.mark.parametrize(
    "arguments", [{"stream": 1}, {"dl_device": (2, 0)}], ids=["a stream", "another device"]
)  # fmt: skip
def test_dlpack_refuses_what_is_not_ordinary_memory(arguments):
    with pytest.raises(BufferError, match="ordinary memory"):
        sk.SharedArray(1, "d").__dlpack__(**arguments)


def test_dlpack_refuses_read_only_for_old_consumers_and_characters():
    with pytest.raises(BufferError, match=r"before 1\.0"):
        sk.SharedArray(1, "d").readonly().__dlpack__()
    with pytest.raises(BufferError, match="no element type"):
        sk.SharedArray(1, "c").__dlpack__()
    assert sk.SharedArray(1, "d").__dlpack_device__() == (1, 0)


def test_a_dlpack_capsule_that_nobody_takes_frees_its_hold():
    capsule = sk.SharedArray(4, "d").__dlpack__(max_version=(1, 0))
    assert sk.live_object_count() == 1
    del capsule
    assert sk.live_object_count() == 0


def test_a_numpy_array_is_adopted_with_one_copy_whatever_its_strides():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    n = numpy.arange(12.0).reshape(3, 4)
    for source in (n, n.T, n[::-1, ::2], numpy.asfortranarray(n), n.astype("e"), n > 3):
        assert sk.SharedArray.copy_of(source).tolist() == source.tolist()


def test_matplotlib_shows_it():
    figures = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")
    a = sk.SharedArray((2, 3), "d")
    a[1] = [1, 2, 3]
    axes = figures.Figure().subplots()
    assert axes.imshow(a).get_array().tolist() == a.tolist()
    assert axes.plot(a[1])[0].get_ydata().tolist() == [1, 2, 3]


def test_pandas_takes_the_data_without_a_copy():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    a = sk.SharedArray(5, "d")
    series = pandas.Series(a, copy=False)
    a[2] = 7
    assert series[2] == 7


# -------------------------------------------------------------------------------------------------------------- ctypes


@pytest.mark.parametrize("code", [code for code in CODES if code not in ("e", "Zf", "Zd")])
def test_ctypes_sees_every_format_it_has_a_type_for(code):
    a = sk.SharedArray(2, code)
    view = a.as_ctypes()
    assert (ctypes.sizeof(view), ctypes.addressof(view), len(view)) == (a.nbytes, a.address, 2)


def test_a_ctypes_view_has_the_shape_and_writes_through():
    a = sk.SharedArray((2, 3), "i")
    a.as_ctypes()[1][2] = 5
    assert a[1, 2] == 5
    scalar = sk.SharedArray((), "d")
    scalar.as_ctypes().value = 2.5
    assert scalar[()] == 2.5


@pytest.mark.parametrize("change", [lambda a: a.readonly(), lambda a: a.T, lambda a: a[:, ::2]])
def test_ctypes_needs_contiguous_writable_memory(change):
    with pytest.raises(BufferError, match="writable and C-contiguous"):
        change(sk.SharedArray((2, 3), "d")).as_ctypes()


def test_ctypes_has_no_half_floats():
    with pytest.raises(TypeError, match="no type for elements of format 'e'"):
        sk.SharedArray(1, "e").as_ctypes()
