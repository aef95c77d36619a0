"""SharedArray: elements, slices, iteration and assignment."""

from __future__ import annotations

import array
import ctypes
import itertools
import math
import sys

import pytest
from sample_arrays import numbered

import subinterp_kernel as sk


def test_elements_are_read_and_set_from_both_ends():
    a = numbered(2, 3)
    a[-1, 0] = 30
    assert (a[0, 2], a[1, 0], a[-1, -1]) == (2, 30, 5)


@pytest.mark.parametrize("key", [3, -4, (0, 0, 0), (0, 3), 2**70, (..., ...)])
def test_indices_out_of_bounds_are_refused(key):
    with pytest.raises(IndexError):
        numbered(3, 3)[key]


@pytest.mark.parametrize("key", [1.0, "0", [0], (0, 1.0)])
def test_other_indices_are_refused(key):
    with pytest.raises(TypeError, match=r"indexed by integers, slices, '\.\.\.' and None"):
        numbered(3, 3)[key]


def test_elements_cannot_be_deleted():
    with pytest.raises(TypeError, match="cannot be deleted"):
        del numbered(3)[0]


def test_slices_share_memory():
    a = numbered(4, 4)
    a[1:3, ::-2][0] = [-1, -2]
    assert a.tolist()[1] == [4, -2, 6, -1]
    a[..., 0].fill(9)
    assert a[:, 0].tolist() == [9] * 4


def test_a_slice_may_be_empty_anywhere():
    a = numbered(3)
    for part in (a[3:], a[2:1], a[5:9], a[-1:0:1], a[0:0:-1]):
        assert part.tolist() == []
        part.fill(1)
        assert part[:0].tolist() == []


def test_steps_beyond_the_end_are_harmless():
    a = numbered(3)
    assert a[:: sys.maxsize].tolist() == [0]
    assert a[:: -sys.maxsize].tolist() == [2]
    assert a[:: sys.maxsize][::2].tolist() == [0]


def test_iteration_and_containment():
    a = numbered(2, 2)
    assert [row.tolist() for row in a] == [[0, 1], [2, 3]]
    assert list(a[1]) == [2, 3]
    assert 3 in a[1]
    with pytest.raises(TypeError):
        iter(sk.SharedArray((), "i"))


@pytest.mark.parametrize(
    "source",
    [
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        iter([1, 2, 3]),
        array.array("i", [1, 2, 3]),
        array.array("q", [1, 2, 3]),
        bytes([1, 2, 3]),
        (ctypes.c_int * 3)(1, 2, 3),
    ],
)
def test_assignment_from_buffers_and_iterables(source):
    a = sk.SharedArray(3, "i")
    a[:] = source
    assert a.tolist() == [1, 2, 3]


def test_assignment_of_one_value_sets_all():
    a = numbered(2, 3)
    a[:, 1:] = 7
    assert a.tolist() == [[0, 7, 7], [3, 7, 7]]


def test_nested_sequences_are_assigned():
    a = sk.SharedArray((2, 2), "d")
    a[...] = [[1, 2], (3, 4)]
    assert a.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "items", [[1, 2], [1, 2, 3, 4], itertools.count(), [1, [2], 3], array.array("i", [1, 2]), "abc"]
)
def test_a_wrong_number_or_kind_of_items_changes_nothing(items):
    a = numbered(3)
    with pytest.raises((ValueError, TypeError)):
        a[:] = items
    assert a.tolist() == [0, 1, 2]


def test_a_value_that_does_not_fit_changes_nothing():
    a = numbered(3)
    with pytest.raises(ValueError, match="invalid value for format 'i'"):
        a[:] = [5, 6, 2**40]
    assert a.tolist() == [0, 1, 2]


def test_assignment_to_itself_is_as_if_copied_first():
    a = numbered(6)
    a[1:] = a[:-1]
    assert a.tolist() == [0, 0, 1, 2, 3, 4]
    a[:] = a[::-1]
    assert a.tolist() == [4, 3, 2, 1, 0, 0]
    b = numbered(3, 3)
    b[...] = b.T
    assert b.tolist() == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


def test_too_large_a_float_is_refused_and_infinity_is_not():
    a = sk.SharedArray(2, "f")
    with pytest.raises(ValueError, match="invalid value for format 'f'"):
        a[0] = 1e300
    a[:] = [math.inf, 0.1]
    assert a.tolist() == [math.inf, memoryview(array.array("f", [0.1]))[0]]


def test_an_exception_of_the_value_itself_gets_through():
    class Broken:
        def __index__(self):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        numbered(3)[0] = Broken()


def test_a_value_that_closes_the_array_meanwhile_harms_nothing():
    a = numbered(3)

    class Closer:
        def __index__(self):
            a.close()
            return 1

    view = a[:]
    a[0] = Closer()
    assert view.tolist() == [1, 1, 2]
    with pytest.raises(ValueError, match="closed"):
        a[0]
    a = numbered(3)
    assert a[Closer() :].tolist() == [1, 2]
    with pytest.raises(ValueError, match="closed"):
        a[0]
