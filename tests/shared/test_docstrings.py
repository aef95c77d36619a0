"""The examples in the docstrings of shared objects are true."""

from __future__ import annotations

import doctest

import pytest

import subinterp_kernel as sk

CLASSES = [
    sk.Lock, sk.RLock, sk.Condition, sk.Event, sk.Semaphore, sk.Barrier, sk.Queue, sk.AtomicInt, sk.AtomicFlag,
    sk.SharedBlock,
]  # fmt: skip


@pytest.mark.parametrize("documented", CLASSES, ids=lambda documented: documented.__name__)
def test_the_example_of_a_class_runs(documented):
    test = doctest.DocTestParser().get_doctest(documented.__doc__, {}, documented.__name__, None, None)
    assert test.examples
    results = doctest.DocTestRunner().run(test)
    assert results.failed == 0
