"""Shapes and strides that come from Python code or from a pickle are checked before memory is accessed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import subinterp_kernel as sk
from subinterp_kernel.bindings import array_layout as _array_layout

NBYTES = 256
LARGE = [2**31, 2**60, 2**61, 2**62, 2**63 - 1]
lengths = st.one_of(st.integers(-1, 9), st.sampled_from(LARGE))
strides = st.one_of(st.integers(-64, 64), st.sampled_from(LARGE + [-n for n in LARGE] + [-(2**63)]))
offsets = st.one_of(st.integers(-8, NBYTES + 8), st.sampled_from(LARGE))


def attached(id: int, format: str, offset: int, shape: Sequence[int], strides: Sequence[int]) -> sk.SharedArray:
    array = sk.SharedArray.__new__(sk.SharedArray)
    _array_layout.attach(array, id, format, offset, tuple(shape), tuple(strides), False)
    return array


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (2**62,), (0,)),
        (0, (2**32, 2**32), (0, 0)),
        (0, (2**62, 4, 0), (0, 0, 0)),
        (0, (0, 3), (8, 2**63 - 1)),
        (8, (0, 2), (8, -(2**63))),
        (0, (-1,), (8,)),
        (-8, (1,), (8,)),
        (NBYTES, (1,), (8,)),
        (0, (NBYTES // 8 + 1,), (8,)),
        (0, (2,), (-8,)),
        (0, (100,), (0,)),
        (0, (1,) * 65, (8,) * 65),
    ],
)
def test_a_geometry_that_does_not_fit_is_refused(offset, shape, strides):
    with sk.SharedBlock(NBYTES) as block, pytest.raises(ValueError, match="does not fit into the 256 bytes"):
        attached(block.id, "d", offset, shape, strides)


def test_a_crafted_pickle_is_refused():
    with sk.SharedArray(4, "d") as array:
        attach, arguments = array.__reduce__()
        with pytest.raises(ValueError, match="does not fit"):
            attach(arguments[0], "d", 0, (2**62,), (0,), False)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from("Bhdq"), offsets, st.lists(st.tuples(lengths, strides), max_size=4))
def test_an_accepted_geometry_lies_within_the_block(format, offset, axes):
    shape = [length for length, _ in axes]
    steps = [stride for _, stride in axes]
    itemsize = _array_layout.itemsize_of(format)
    with sk.SharedBlock(NBYTES) as block:
        try:
            array = attached(block.id, format, offset, shape, steps)
        except ValueError:
            return
        with array:
            assert array.size == math.prod(shape)
            if array.size == 0:
                assert array[...].size == 0
                return
            assert array.nbytes <= NBYTES
            for corner in product(*[(0, length - 1) for length in shape]):
                first = offset + sum(index * step for index, step in zip(corner, steps, strict=True))
                assert 0 <= first <= NBYTES - itemsize
            array[...] = array  # reads and writes every element
            array.fill(1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.data())
def test_every_view_of_an_array_crosses(shape, data):
    with sk.SharedArray(shape, "h") as array:
        view = array
        for _ in range(3):
            step = data.draw(st.sampled_from([1, 2, -1, -2]))
            view = view[::step, ...] if view.ndim else view[None]
        attach, arguments = view.__reduce__()
        assert attach(*arguments).shape == view.shape


def test_an_index_cannot_add_more_dimensions_than_an_array_may_have():
    with sk.SharedArray(4, "d") as array:
        assert array[(None,) * 63].ndim == 64
        with pytest.raises(IndexError, match="at most 64 dimensions"):
            array[(None,) * 64]


def test_a_failed_attempt_leaves_nothing_in_the_array():
    with sk.SharedBlock(NBYTES) as block:
        array = sk.SharedArray.__new__(sk.SharedArray)
        with pytest.raises(ValueError, match="does not fit"):
            _array_layout.attach(array, block.id, "d", 2**40, (1,), (8,), True)
        _array_layout.allocate(array, "d", (1,), "C")
        array[0] = 5
        assert array[0] == 5
        array.close()


def test_negative_lengths_are_refused():
    array = sk.SharedArray.__new__(sk.SharedArray)
    with pytest.raises(ValueError, match="can be addressed"):
        _array_layout.allocate(array, "d", (-2, -2), "C")
