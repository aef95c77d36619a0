"""Every public name has an example in its docstring, and every example runs."""

from __future__ import annotations

import doctest
import inspect
from typing import Any

import pytest

import subinterp_kernel as sk

# Called by %load_ext and %unload_ext; shown in the example of ExecutionFailed.
NEED_NONE = {"load_ipython_extension", "unload_ipython_extension", "ExceptionSnapshot"}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def examples_of(name: str) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = []
    for part in parts_of(name):
        found += finder.find(part, f"sk.{part.__name__}", module=False, globs={"sk": sk})
    return [test for test in found if test.examples]


def parts_of(name: str) -> list[Any]:
    """Return the object of that name; for a class, its base classes in the package, too."""
    value = getattr(sk, name)
    if not inspect.isclass(value):
        return [value]
    return [part for part in value.__mro__ if part.__module__.startswith("subinterp_kernel")]


def is_plain_exception(name: str) -> bool:
    value = getattr(sk, name)
    return inspect.isclass(value) and issubclass(value, Exception) and name != "ExecutionFailed"


EXAMPLES = {test.name: test for name in sk.__all__ for test in examples_of(name)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name):
    with_output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(EXAMPLES[name], out=with_output.append, clear_globs=True)
    assert runner.failures == 0, "".join(with_output)


def test_every_public_name_has_an_example():
    checked = [name for name in sk.__all__ if not is_plain_exception(name) and name not in NEED_NONE]
    without = {name for name in checked if f"sk.{name}" not in EXAMPLES}
    assert without == set()
