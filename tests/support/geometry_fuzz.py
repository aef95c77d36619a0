"""Attaches arrays to a block with hostile arguments, and uses those that are accepted. Run in a process of its own."""

from __future__ import annotations

import math
import pickle

from fuzzing import fuzz
from hypothesis import strategies as st

import subinterp_kernel as sk

NBYTES = 256
LARGE = [2**31, 2**32, 2**60, 2**61, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**64), 10**30]

numbers = st.one_of(st.integers(-1, 9), st.integers(-NBYTES, NBYTES), st.sampled_from(LARGE))
odd = st.one_of(st.none(), st.floats(), st.text(max_size=3), st.binary(max_size=3), st.lists(numbers, max_size=2))
hostile_axes = st.lists(numbers, max_size=5).map(tuple) | st.lists(numbers | odd, max_size=3).map(tuple) | odd
valid = st.lists(st.tuples(st.integers(0, 4), st.integers(-8, 16)), max_size=3).flatmap(
    lambda axes: st.fixed_dictionaries(
        {
            "format": st.sampled_from("Bbhdq"),
            "offset": st.integers(64, 128),
            "shape": st.just(tuple(length for length, _ in axes)),
            "strides": st.just(tuple(stride for _, stride in axes)),
            "readonly": st.booleans(),
        }
    )
)
hostile = {
    "format": st.sampled_from(["?", "f", "c", "x", "", "dd", "0d", "9d", ">d", "é", "\0"]) | odd,
    "offset": numbers | odd,
    "shape": hostile_axes,
    "strides": hostile_axes,
    "readonly": odd,
}
changes = st.sets(st.sampled_from(sorted(hostile)), max_size=2).flatmap(
    lambda names: st.fixed_dictionaries({name: hostile[name] for name in names})
)


class Crafted:
    """Pickles as a shared array with other arguments."""

    def __init__(self, attach, arguments):
        self._reduced = attach, arguments

    def __reduce__(self):
        return self._reduced


@fuzz(
    500,
    geometry=valid,
    changes=changes,
    id=st.sampled_from([None] * 9 + [0]),
    extra=st.sampled_from([[], [], [], [], [None], [0]]),
)
def attach_and_use(geometry, changes, id, extra):
    with sk.SharedArray(NBYTES, "B") as whole:
        attach, arguments = whole.__reduce__()
        arguments = (arguments[0] if id is None else id, *(geometry | changes).values(), *extra)
        try:
            array = pickle.loads(pickle.dumps(Crafted(attach, arguments)))
        except (TypeError, ValueError, OverflowError, sk.InterpreterError):
            return
        with array:
            use(array)


def use(array):
    size = math.prod(array.shape)
    assert size * array.itemsize <= NBYTES or size == 0
    len(array.tolist()) if array.ndim else array.tolist()
    bytes(array)
    repr(array)
    if not array.readonly:
        array[...] = array
    copy = pickle.loads(pickle.dumps(array))
    assert copy.shape == array.shape
    copy.close()
    if array.ndim:
        array[::-1][..., None].close()
    array.T.close()


if __name__ == "__main__":
    attach_and_use()
    assert sk.live_object_count() == 0
