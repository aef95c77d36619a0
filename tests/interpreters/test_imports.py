"""What is said when an interpreter cannot load a compiled module: one sentence, instead of a page of its package."""

from __future__ import annotations

import sys

import pytest

import subinterp_kernel as sk
from subinterp_kernel.interpreters.imports import explain

# Like NumPy's: it asks the user to check the installation.
PACKAGE = """
try:
    from . import part
except ImportError as error:
    raise ImportError("PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE\\nIt is a bad install.") from error
"""
ADVICE = "--extensions auto" if sys.platform == "linux" else "--gil shared"
REFUSED = "_testsinglephase" if sys.platform == "win32" else "readline"


@pytest.fixture
def with_package(tmp_path):
    """An interpreter that can find a package which needs a module that refuses to be loaded there."""
    folder = tmp_path / "site-packages" / "needy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "part.py").write_text(f"import {REFUSED}\n")
    with sk.create(path=[folder.parent], extensions="strict") as interpreter:
        yield interpreter


@pytest.fixture
def strict():
    """An interpreter that loads no private copies."""
    with sk.create(extensions="strict") as interpreter:
        yield interpreter


def failure(interpreter, code):
    with pytest.raises(sk.ExecutionFailed) as caught:
        interpreter.exec(code)
    return caught.value.excinfo


def test_a_package_whose_module_refuses_is_named_in_one_sentence(with_package):
    failed = failure(with_package, "def f():\n    import needy\nf()")
    assert failed.type.__name__ == "ImportError"
    assert failed.msg == (
        f"needy cannot be imported here, because its compiled module {REFUSED} does not support interpreters with a "
        f"GIL of their own. Use needy in the main interpreter, or try an interpreter made with `{ADVICE}`"
    )


def test_the_traceback_has_the_users_frames_and_the_cause(with_package):
    shown = failure(with_package, "def f():\n    import needy\nf()").errdisplay
    assert "bad install" not in shown
    assert "site-packages" not in shown
    assert shown.count('File "<exec ') == 2
    assert f"ImportError: module {REFUSED} does not support loading in subinterpreters" in shown
    assert "direct cause" in shown


def test_a_module_that_refuses_is_named_once(strict):
    message = failure(strict, f"import {REFUSED}").msg
    assert message.startswith(f"{REFUSED} cannot be imported here, because it does not support interpreters with")


def test_a_module_that_importlib_or_this_package_imports_is_named_itself(strict):
    message = failure(strict, f"import importlib\nimportlib.import_module('{REFUSED}')").msg
    assert message.startswith(f"{REFUSED} cannot be imported here, because it")
    with pytest.raises(sk.ExecutionFailed, match=f"ImportError: {REFUSED} cannot be imported here, because it"):
        strict.call(__import__, REFUSED)


def test_other_import_errors_are_not_changed(interpreter):
    assert failure(interpreter, "import no_such_module").msg == "No module named 'no_such_module'"
    assert "cannot import name 'nope'" in failure(interpreter, "from json import nope").msg


def test_a_module_that_another_interpreter_has_is_explained():
    error = ImportError("cannot load module more than once per process")
    assert explain(error)
    assert "because another interpreter has imported it" in str(error)
    assert not explain(error)  # once is enough
    assert "because another interpreter has imported it" in str(error)
