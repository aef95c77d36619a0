"""What is refused by policy, and with which words."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

import subinterp_kernel as sk
from subinterp_kernel.extensions import policy


def refusal(module):
    with pytest.raises(ImportError) as refused:
        policy.check_not_unsafe(module, "/path/of/the/file.so")
    assert (refused.value.name, refused.value.path) == (module, "/path/of/the/file.so")
    return str(refused.value)


def test_a_package_that_is_known_to_fail_is_refused_with_the_reason():
    assert refusal("numba._helperlib") == (
        "numba._helperlib cannot be imported here, because numba compiles with one LLVM for the whole process, which "
        "its lock protects in one interpreter only (as of numba 0.68.1 with llvmlite 0.50.0). Use numba in main, or in "
        "an interpreter made with `--gil shared`"
    )


def test_a_refusal_names_what_users_import():
    assert refusal("_tkinter") == (
        "tkinter cannot be imported here, because tkinter sets a hook of the process that would call into one "
        "interpreter from another (as of Python 3.13 to 3.15). Use tkinter in main, or in an interpreter made with "
        "`--gil shared`"
    )


def test_other_packages_are_not_refused():
    policy.check_not_unsafe("numpy._core._multiarray_umath", "/path/of/the/file.so")


@pytest.mark.skipif(find_spec("_tkinter") is None, reason="this Python has no tkinter")
def test_tkinter_is_refused_inside(interpreter):
    with pytest.raises(sk.ExecutionFailed) as failed:
        interpreter.exec("import tkinter")
    assert failed.value.excinfo.type.__name__ == "ImportError"
    assert failed.value.excinfo.msg.startswith("tkinter cannot be imported here, because ")
