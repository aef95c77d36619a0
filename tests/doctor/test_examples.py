"""Every public name of the doctor has an example in its docstring, and every example runs."""

from __future__ import annotations

import doctest

import pytest

from subinterp_kernel import doctor

NEED_NONE = {"DoctorError"}


@pytest.mark.parametrize("name", [name for name in doctor.__all__ if name not in NEED_NONE])
def test_example(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tests = doctest.DocTestFinder(exclude_empty=True).find(getattr(doctor, name), name, module=False, globs={})
    examples = [test for test in tests if test.examples]
    assert examples
    output: list[str] = []
    runner = doctest.DocTestRunner()
    for test in examples:
        runner.run(test, out=output.append)
    assert runner.failures == 0, "".join(output)


def test_an_unknown_name_raises_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = doctor.nothing
