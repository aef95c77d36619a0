"""Values survive the way to another interpreter and back; bytes that are no message raise an exception."""

from __future__ import annotations

import contextlib

import pytest
from fuzzing import SECONDS, fuzz
from hypothesis import strategies as st

import subinterp_kernel as sk
from subinterp_kernel.shared import serialization

pytestmark = pytest.mark.timeout(60 + 2 * SECONDS)

atoms = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.complex_numbers(allow_nan=False),
    st.text(st.characters()), st.binary(max_size=3000), st.binary(max_size=50).map(bytearray), st.dates(),
    st.datetimes(), st.decimals(allow_nan=False), st.fractions(), st.uuids(),
)  # fmt: skip
keys = st.one_of(st.integers(), st.text(st.characters()), st.binary(max_size=10), st.booleans())
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=5),
        st.frozensets(keys),
    ),
    max_leaves=20,
)


@fuzz(100, value=values)
def test_a_value_is_the_same_after_its_way_there_and_back(interpreter, value):
    interpreter.prepare_main(value=value)
    assert interpreter.get("value") == value


@fuzz(100, shape=st.lists(st.integers(0, 4), min_size=1, max_size=3), value=values)
def test_a_shared_array_among_values_is_the_same_memory(shape, value):
    with sk.SharedArray(shape, "q") as array:
        data, pins = serialization.dumps([value, array, {"again": array}], "the list")
        again, first, second = serialization.loads(data)
        assert again == value
        array.fill(7)
        assert first.tolist() == second["again"].tolist() == array.tolist()
        first.close()
        second["again"].close()
        del pins


@fuzz(100, value=values, cut=st.integers(0, 200), noise=st.binary(max_size=8))
def test_a_cut_message_is_refused(value, cut, noise):
    data, _ = serialization.dumps(value, "the value")
    with contextlib.suppress(Exception):  # any exception will do, but no crash and no exit
        serialization.loads(data[: min(cut, len(data) - 1)] + noise)
