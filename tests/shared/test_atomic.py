"""Atomic numbers, flags and elements of arrays."""

from __future__ import annotations

import ctypes
import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import subinterp_kernel as sk

INT64 = st.integers(-(2**63), 2**63 - 1)


def wrapped(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def test_the_operations_of_a_number():
    n = sk.AtomicInt(40)
    assert [n.fetch_add(), n.fetch_add(5), n.fetch_sub(), n.fetch_sub(2), n.load()] == [40, 41, 46, 45, 43]
    assert (n.exchange(7), n.compare_exchange(8, 1), n.compare_exchange(7, 1), n.load()) == (43, False, True, 1)
    n.store(-3)
    assert (int(n), operator.index(n), repr(n)) == (-3, -3, "AtomicInt(-3)")
    assert ctypes.c_int64.from_address(n.address).value == -3


@given(start=INT64, value=INT64)
@settings(max_examples=200, deadline=None)
def test_numbers_wrap_as_in_c(start, value):
    n, a = sk.AtomicInt(start), sk.SharedArray(1, "q")
    a[0] = start
    for name, result in (("fetch_add", start + value), ("fetch_sub", start - value)):
        n.store(start)
        a.store(0, start)
        assert (getattr(n, name)(value), getattr(a, name)(0, value)) == (start, start)
        assert n.load() == a.load(0) == wrapped(result)


@given(start=INT64, value=INT64)
@settings(max_examples=100, deadline=None)
def test_bits_are_those_of_python(start, value):
    for name, operation in (("fetch_and", operator.and_), ("fetch_or", operator.or_), ("fetch_xor", operator.xor)):
        n = sk.AtomicInt(start)
        assert getattr(n, name)(value) == start
        assert n.load() == operation(start, value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_values_must_fit(value):
    with pytest.raises(OverflowError):
        sk.AtomicInt(value)
    with pytest.raises(OverflowError):
        sk.AtomicInt().fetch_add(value)
    with pytest.raises(ValueError, match="invalid value for format 'q'"):
        sk.SharedArray(1, "q").fetch_add(0, value)


def test_values_must_be_whole_numbers():
    with pytest.raises(TypeError):
        sk.AtomicInt("1")
    with pytest.raises(TypeError):
        sk.SharedArray(1, "q").store(0, 1.5)


def test_one_that_was_never_initialised_works():
    assert sk.AtomicInt.__new__(sk.AtomicInt).fetch_add(2) == 0
    assert not sk.AtomicFlag.__new__(sk.AtomicFlag).test_and_set()


def test_the_operations_of_a_flag():
    flag = sk.AtomicFlag()
    assert (flag.test(), flag.test_and_set(), flag.test_and_set(), bool(flag)) == (False, False, True, True)
    flag.clear()
    assert (bool(flag), repr(flag), bool(sk.AtomicFlag(True))) == (False, "AtomicFlag(False)", True)


def test_the_operations_of_elements():
    a = sk.SharedArray((2, 2), "Q")
    assert (a.fetch_add((1, 0), 5), a.exchange((1, 0), 9), a.load((1, 0)), a.fetch_sub((0, 0), 1)) == (0, 5, 9, 0)
    assert a.tolist() == [[2**64 - 1, 0], [9, 0]]
    assert (a.compare_exchange((1, 0), 1, 2), a.compare_exchange((1, -2), 9, 2), a[1, 0]) == (False, True, 2)


@pytest.mark.parametrize("code", "cbBhHiIefd?P")
def test_other_formats_are_refused(code):
    with pytest.raises(TypeError, match="need integers of 8 bytes"):
        sk.SharedArray(8, code).load(0)


def test_elements_that_are_not_aligned_are_refused():
    a = sk.SharedArray(24, "B")[4:20].cast("q")
    with pytest.raises(TypeError, match="multiples of 8"):
        a.fetch_add(0, 1)


def test_slices_are_no_elements():
    with pytest.raises(TypeError, match="one index for each dimension"):
        sk.SharedArray((2, 2), "q").load(0)


def test_read_only_elements_can_only_be_loaded():
    a = sk.SharedArray(1, "q").readonly()
    assert a.load(0) == 0
    for change in (a.store, a.exchange, a.fetch_add, a.fetch_sub):
        with pytest.raises(TypeError, match="read-only"):
            change(0, 1)


def test_memory_orders_are_those_of_cpp():
    n, a = sk.AtomicInt(), sk.SharedArray(1, "q")
    for order in ("seq_cst", "acq_rel", "acquire", "release", "relaxed"):
        assert n.fetch_add(order=order) == a.fetch_add(0, 1, order=order)
    for order in ("seq_cst", "acquire", "relaxed"):
        assert n.load(order=order) == a.load(0, order=order) == 5
    with pytest.raises(ValueError, match="is one of seq_cst, acquire, relaxed; not 'release'"):
        n.load(order="release")
    with pytest.raises(ValueError, match="is one of seq_cst, release, relaxed; not 'acquire'"):
        a.store(0, 1, order="acquire")


def test_numbers_and_flags_cross_by_reference_and_back(interpreter):
    n, flag = sk.AtomicInt(1), sk.AtomicFlag()
    interpreter.prepare_main(n=n, flag=flag)
    interpreter.exec("n.fetch_add(41); flag.test_and_set()")
    assert (n.load(), flag.test(), interpreter.get("n").id, interpreter.get("flag").id) == (42, True, n.id, flag.id)


def test_a_stale_number_is_refused():
    n = sk.AtomicInt()
    attach, state = n.__reduce__()
    del n
    with pytest.raises(sk.SharedObjectGoneError, match="its last holder released it"):
        attach(*state)


def test_shared_objects_lists_them():
    n, flag = sk.AtomicInt(), sk.AtomicFlag()
    assert [(row["kind"], row["nbytes"], row["id"]) for row in sk.shared_objects()] == [
        ("AtomicInt", 8, n.id),
        ("AtomicFlag", 8, flag.id),
    ]


def test_four_interpreters_lose_no_update():
    times = 1_000_000
    n, a = sk.AtomicInt(), sk.SharedArray(2, "q")
    interpreters = [sk.create() for _ in range(4)]
    source = (
        f"add, add_to = n.fetch_add, a.fetch_add\nfor _ in range({times}):\n    add(1)\n"
        f"for _ in range({times // 10}):\n    add_to(1, 3)"
    )
    for each in interpreters:
        each.prepare_main(n=n, a=a)
    threads = [each.submit(exec, source, {"n": n, "a": a}) for each in interpreters]
    for future in threads:
        future.result(50)
    assert (n.load(), a.tolist()) == (4 * times, [0, 4 * times // 10 * 3])


def test_exactly_one_interpreter_wins_a_flag():
    flag, wins = sk.AtomicFlag(), sk.AtomicInt()
    source = "if not flag.test_and_set(): wins.fetch_add()"
    futures = [sk.create().submit(exec, source, {"flag": flag, "wins": wins}) for _ in range(4)]
    for future in futures:
        future.result(60)
    assert wins.load() == 1
