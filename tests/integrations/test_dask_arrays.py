"""Shared arrays as Dask serializes them."""

from __future__ import annotations

import pickle

import pytest

import subinterp_kernel as sk

protocol = pytest.importorskip("distributed.protocol", reason="extra 'dask' installs it")
from dask.sizeof import sizeof  # noqa: E402
from dask.tokenize import tokenize  # noqa: E402

import subinterp_kernel.integrations.dask  # noqa: E402 - it registers the functions


def sample(shape, dtype="float64", order="C"):
    array = sk.SharedArray(shape, dtype, order=order)
    array[...] = 1
    return array


ARRAYS = {
    "one number": lambda: sample(()),
    "empty": lambda: sk.SharedArray((0, 3), "int8"),
    "C order": lambda: sample((2, 3)),
    "Fortran order": lambda: sample((2, 3), "int32", "F"),
    "slice": lambda: sample((4, 5), "int16")[::2, 1:],
    "complex": lambda: sample((2, 2), "complex128"),
    "read-only": lambda: sample(3).readonly(),
    "read-only slice": lambda: sample((3, 3)).readonly()[:, 1],
}


def through_dask(value):
    return protocol.deserialize(*protocol.serialize(value))


def through_dasks_pickle(value):
    buffers = []
    data = protocol.pickle.dumps([value], buffer_callback=buffers.append)
    return protocol.pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])[0]


def through_old_pickle(value):
    return pickle.loads(pickle.dumps([value], 4))[0]


@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("through", [through_dask, through_dasks_pickle, through_old_pickle])
def test_the_content_arrives_in_new_memory(make, through):
    array = make()
    copy = through(array)
    assert (copy.shape, copy.format, copy.tolist()) == (array.shape, array.format, array.tolist())
    assert copy.writable == array.writable
    assert copy.id != array.id


def test_the_content_is_one_frame_without_a_copy():
    array = sample(1000)
    header, frames = protocol.serialize(array)
    assert header["serializer"] == "dask"
    array[0] = 5
    assert memoryview(frames[0]).cast("d")[0] == 5


def test_dask_knows_the_size():
    assert sizeof(sk.SharedArray(1000)) == 8000


def test_the_token_of_an_array_is_that_of_its_content():
    array = sample(3)
    before = tokenize(array)
    assert tokenize(sample(3)) == before
    array[0] = 5
    assert tokenize(array) != before


def test_interpreters_of_this_process_still_get_it_by_reference(interpreter):
    array = sample(3)
    interpreter.prepare_main(arrays=[array])
    interpreter.exec("arrays[0][1] = 7")
    assert array[1] == 7
    assert interpreter.call(lambda a: a.id, array) == array.id
