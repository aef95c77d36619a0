"""Modules of the standard library that refuse sub-interpreters, and packages that import them."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

import subinterp_kernel as sk

needs_curses = pytest.mark.skipif(find_spec("_curses") is None, reason="this Python has no curses")
needs_readline = pytest.mark.skipif(find_spec("readline") is None, reason="this Python has no readline")


def test_faulthandler_is_the_real_module(interpreter):
    interpreter.exec("import faulthandler, tempfile as t\nfile = t.TemporaryFile()\nfaulthandler.dump_traceback(file)")
    assert interpreter.call(eval, "file.tell() > 0")


def test_tracemalloc_can_be_imported_and_says_that_it_cannot_trace(interpreter):
    interpreter.exec("import tracemalloc\nbefore = tracemalloc.is_tracing(), tracemalloc.get_traced_memory()")
    assert interpreter.call(eval, "before") == (False, (0, 0))
    with pytest.raises(sk.ExecutionFailed, match="tracemalloc cannot trace a sub-interpreter"):
        interpreter.exec("tracemalloc.start()")


@needs_readline
def test_readline_has_no_effect(interpreter):
    interpreter.exec("import readline\nreadline.add_history('x')\nlength = readline.get_current_history_length()")
    assert interpreter.call(eval, "(length, readline.get_line_buffer())") == (0, "")


@needs_curses
def test_curses_is_a_private_copy(interpreter):
    interpreter.exec("import curses\nfrom subinterp_kernel.extensions import importer")
    assert interpreter.call(eval, "{row[0]: row[3] > 0 for row in importer.loaded()}['_curses']")


@pytest.mark.parametrize("package", ["pytest", "tqdm", "joblib"])
def test_packages_that_import_such_modules_can_be_imported(interpreter, package):
    pytest.importorskip(package)
    interpreter.exec(f"import {package}")
    assert interpreter.call(eval, f"{package}.__name__") == package


@pytest.mark.parametrize("module", ["faulthandler", "readline", "_tracemalloc"])
def test_the_strict_policy_refuses_them(module):
    if find_spec(module) is None:
        pytest.skip(f"this Python has no {module}")
    with sk.create(extensions="strict") as interpreter, pytest.raises(sk.ExecutionFailed) as failed:
        interpreter.exec(f"import {module}")
    assert failed.value.excinfo.type.__name__ == "ImportError"
