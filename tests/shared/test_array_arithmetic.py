"""Operators and NumPy's functions on shared arrays."""

from __future__ import annotations

import operator

import pytest
from sample_arrays import numbered

import subinterp_kernel as sk
from subinterp_kernel.extensions import policy

numpy = pytest.importorskip("numpy", reason="NumPy is not installed")

BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift, operator.matmul, divmod,
    operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip
IN_PLACE = [
    operator.iadd, operator.isub, operator.imul, operator.ifloordiv, operator.imod, operator.ipow, operator.iand,
    operator.ior, operator.ixor, operator.ilshift, operator.irshift, operator.imatmul,
]  # fmt: skip


def square():
    """Return the shared array [[1, 2], [3, 4]]."""
    return sk.SharedArray.copy_of(numpy.arange(1, 5, dtype="int32").reshape(2, 2))


def alike(one, other):
    return type(one) is type(other) and numpy.array_equal(one, other) and numpy.asarray(one).dtype == other[0].dtype


@pytest.mark.parametrize("operation", BINARY, ids=lambda operation: operation.__name__)
def test_operators_give_what_numpy_gives(operation):
    a = square()
    n = numpy.asarray(a)
    assert alike(operation(a, a), operation(n, n))
    assert alike(operation(a, n), operation(n, n))
    assert alike(operation(n, a), operation(n, n))
    if operation is not operator.matmul:
        assert alike(operation(a, 3), operation(n, 3))
        assert alike(operation(3, a), operation(3, n))


@pytest.mark.parametrize("operation", [operator.neg, operator.pos, operator.invert, abs])
def test_unary_operators(operation):
    a = square()
    assert alike(operation(a), operation(numpy.asarray(a)))


@pytest.mark.parametrize("operation", IN_PLACE, ids=lambda operation: operation.__name__)
def test_augmented_assignment_changes_the_shared_memory(operation):
    a = square()
    before, other = a, sk.SharedArray.attach(a.id)
    expected = operation(numpy.array(a), numpy.asarray(square()))
    a = operation(a, square())
    assert a is before
    assert other.tolist() == expected.tolist()


def test_augmented_division_needs_floats():
    a = sk.SharedArray(2)
    a[:] = [1, 2]
    a /= 2
    assert a.tolist() == [0.5, 1.0]
    with pytest.raises(TypeError, match="cast"):
        operator.itruediv(square(), 2)


def test_a_ufunc_writes_to_a_shared_array():
    a = sk.SharedArray((2, 2))
    assert numpy.add(square(), 1, out=a) is a
    assert numpy.multiply(a, 2, a) is a
    assert a.tolist() == [[4, 6], [8, 10]]
    with pytest.raises(ValueError, match="read-only"):
        numpy.add(a, 1, out=a.readonly())


def test_a_ufunc_with_two_results():
    fractions = sk.SharedArray(2)
    numbers = sk.SharedArray.copy_of(numpy.array([1.5, 2.25]))
    first, second = numpy.modf(numbers, out=(fractions, None))
    assert first is fractions
    assert (fractions.tolist(), second.tolist()) == ([0.5, 0.25], [1, 2])


def test_methods_of_ufuncs_and_functions_that_use_them():
    a = square()
    assert numpy.add.reduce(a).tolist() == [4, 6]
    assert (numpy.sum(a), numpy.mean(a), numpy.max(a)) == (10, 2.5, 4)
    assert numpy.where(a > 2, a, 0).tolist() == [[0, 0], [3, 4]]
    numpy.add.at(a, (0, 0), 5)
    assert a[0, 0] == 6
    mask = sk.SharedArray((2, 2), "bool")
    assert numpy.add(a, 1, where=mask, out=a).tolist() == [[6, 2], [3, 4]]


def test_equality_is_of_the_whole_array_and_equal_of_the_elements():
    a = numbered(3)
    assert (a == sk.SharedArray.copy_of(a)) is True
    assert numpy.equal(a, [0, 5, 2]).tolist() == [True, False, True]


def test_arithmetic_without_numpy_is_one_clear_type_error(interpreter):
    a = sk.SharedArray(2)
    interpreter.exec("import sys\nsys.modules['numpy'] = None")
    for operation in (operator.add, operator.iadd):
        with pytest.raises(sk.ExecutionFailed, match=r"^TypeError: arithmetic on a SharedArray needs NumPy"):
            interpreter.call(operation, a, 1)


@pytest.mark.skipif(not policy.SUPPORTED, reason="NumPy cannot be imported in sub-interpreters here")
def test_numpy_in_another_interpreter_writes_to_the_same_memory(interpreter):
    a = sk.SharedArray((2, 3))
    interpreter.prepare_main(a=a)
    interpreter.exec(
        "import numpy\nn = numpy.asarray(a)\nassert n.flags.writeable and n.ctypes.data == a.address\n"
        "n[0] = [1, 2, 3]\nnumpy.add(a[0], 1, out=a[1])\na *= 10\nassert type(a + 1) is numpy.ndarray"
    )
    assert a.tolist() == [[10, 20, 30], [20, 30, 40]]


def test_a_closed_array_refuses_arithmetic():
    a = sk.SharedArray(2)
    a.close()
    with pytest.raises(ValueError, match="closed"):
        a + 1
