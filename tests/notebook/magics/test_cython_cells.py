"""Cython cells, in real kernels that share one cache folder: the same cell is compiled once for all of these tests."""

from __future__ import annotations

import importlib.metadata
import os
import re
from pathlib import Path

import pytest
from conditions import until
from extension_build import compiler
from IPython.core.error import UsageError
from kernel_client import KernelClient

from subinterp_kernel.extensions import policy

pytest.importorskip("Cython")
pytest.importorskip("setuptools")
pytestmark = [
    pytest.mark.skipif(compiler() is None, reason="needs a C compiler"),
    pytest.mark.skipif(not policy.SUPPORTED, reason="private copies are for Linux"),
]

CELL = """\
cimport cython
from libc.time cimport time

cdef extern from *:
    '''
    static void put(long long *flag) { __atomic_store_n(flag, 1, __ATOMIC_SEQ_CST); }
    static long long is_set(long long *flag) { return __atomic_load_n(flag, __ATOMIC_SEQ_CST); }
    '''
    void put(long long *flag) nogil
    long long is_set(long long *flag) nogil

cdef int calls = 0

def meet(long long[::1] flags, int own, int other):
    cdef long long *mine = &flags[own]
    cdef long long *theirs = &flags[other]
    cdef long long end = time(NULL) + 60
    with nogil:
        put(mine)
        while not is_set(theirs) and time(NULL) < end:
            pass
    return bool(is_set(theirs))

def halve(double[:, ::1] values):
    cdef Py_ssize_t i, j
    with nogil:
        for i in range(values.shape[0]):
            for j in range(values.shape[1]):
                values[i, j] /= 2

def count():
    global calls
    calls += 1
    return calls

def largest(numbers):
    print(sorted(numbers)[-1])

def fail():
    raise ValueError("on purpose")

cdef class Account:
    cdef public double balance
    def pay(self, double amount):
        self.balance += amount
        return self

_private = 5
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The folder of compiled cells, of all kernels that are started while this fixture lasts."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "ipython" / "cython"


@pytest.fixture(scope="module")
def cython(cache):
    """A kernel whose interpreters `a` and `b` have imported the cell."""
    client = KernelClient("subinterp")
    answer = client.run(f"%%subinterp_cython a,b\n{CELL}")
    assert answer.reply["status"] == "ok", answer.text("stderr")
    yield client
    client.shut_down()


def plain(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def values_of(answer):
    assert answer.reply["status"] == "ok", answer.reply
    return [m["content"]["data"]["text/plain"] for m in answer.outputs if m["msg_type"] == "execute_result"]


def test_kernels_in_two_interpreters_run_at_once_on_one_shared_array(cython):
    cython.run("import subinterp_kernel as sk\nflags = sk.SharedArray(2, 'int64')")
    assert values_of(cython.run("%%subinterp a,b -i flags\nmeet(flags, rank, 1 - rank)")) == ["True", "True"]


def test_other_threads_of_the_interpreter_run_while_a_nogil_kernel_does(cython):
    cython.run("import subinterp_kernel as sk\nflags = sk.SharedArray(2, 'int64')")
    body = "import threading\nthreading.Timer(0.1, flags.__setitem__, (1, 1)).start()\nmeet(flags, 0, 1)"
    assert values_of(cython.run(f"%%subinterp a -i flags\n{body}")) == ["True"]


def test_a_kernel_changes_the_memory_that_main_sees(cython):
    cython.run("import subinterp_kernel as sk\nmatrix = sk.SharedArray((2, 2))\nmatrix[:] = [[2, 4], [6, 8]]")
    cython.run("%%subinterp a -i matrix\nhalve(matrix)")
    assert values_of(cython.run("matrix.tolist()")) == ["[[1.0, 2.0], [3.0, 4.0]]"]


def test_an_array_of_another_dtype_is_refused_by_name(cython):
    cython.run("import subinterp_kernel as sk\nmatrix = sk.SharedArray((2, 2), 'int64')")
    reply = cython.run("%%subinterp a -i matrix\nhalve(matrix)").reply
    assert reply["ename"] == "ValueError"
    assert "expected 'double'" in reply["evalue"]


def test_each_interpreter_has_variables_of_its_own(cython):
    before = values_of(cython.run("%%subinterp a,b\ncount()"))
    cython.run("%%subinterp a\ncount()")
    after = values_of(cython.run("%%subinterp a,b\ncount()"))
    assert [int(now) - int(then) for then, now in zip(before, after, strict=True)] == [2, 1]


def test_instances_of_a_cdef_class_live_in_their_interpreter(cython):
    body = "account = Account()\naccount.pay(rank + 1).pay(1).balance"
    assert values_of(cython.run(f"%%subinterp a,b\n{body}")) == ["2.0", "3.0"]


def test_builtin_functions_and_output_are_those_of_the_interpreter(cython):
    assert cython.run("%%subinterp b\nlargest([1, 3, 2])").text() == "3\n"


def test_only_public_names_are_bound(cython):
    assert cython.run("%%subinterp a\n_private").reply["ename"] == "NameError"


def test_an_error_shows_the_line_of_the_cell(cython):
    reply = cython.run("%%subinterp a\nfail()").reply
    assert (reply["ename"], reply["evalue"]) == ("ValueError", "on purpose")
    assert 'raise ValueError("on purpose")' in plain("".join(reply["traceback"]))


def test_another_kernel_takes_it_from_the_cache(cython, cache):
    module = {path: path.stat().st_mtime_ns for path in cache.glob("*.so")}
    other = KernelClient("subinterp")
    try:
        other.run("import os\nos.environ['CC'] = '/nowhere/cc'")
        assert values_of(other.run(f"%%subinterp_cython new1..new2\n{CELL}")) == []
        assert values_of(other.run("%%subinterp new*\ncount()")) == ["1", "1"]
        assert {path: path.stat().st_mtime_ns for path in module} == module
        assert "import Cython" not in other.stderr
    finally:
        other.shut_down()


def test_a_new_interpreter_of_a_closed_name_starts_anew(cython):
    for _ in range(3):
        assert cython.run(f"%%subinterp_cython again\n{CELL}").reply["status"] == "ok"
        assert values_of(cython.run("%%subinterp again\ncount()")) == ["1"]
        cython.run("%subinterp close again")


def test_a_second_definition_replaces_the_first(cython):
    cython.run(f"%%subinterp_cython c\n{CELL}")
    assert cython.run("%%subinterp_cython c\ndef count():\n    return 'new'").reply["status"] == "ok"
    assert values_of(cython.run("%%subinterp c\ncount()")) == ["'new'"]
    cython.run(f"%%subinterp_cython c\n{CELL}")
    assert values_of(cython.run("%%subinterp c\ncount()")) == ["1"]


def test_a_cell_can_use_the_c_interface_of_numpy(cython):
    pytest.importorskip("numpy")
    body = "from numpy cimport import_array, ndarray\nimport_array()\ndef length(ndarray a):\n    return a.shape[0]"
    assert cython.run(f"%%subinterp_cython a\n{body}").reply["status"] == "ok"
    assert values_of(cython.run("%%subinterp a\nimport numpy\nlength(numpy.arange(5))")) == ["5"]


def test_the_cell_is_not_sent_to_the_interpreters_of_plain_cells(cython):
    cython.run("%subinterp use b")
    try:
        assert cython.run(f"%%subinterp_cython a\n{CELL}").reply["status"] == "ok"
    finally:
        cython.run("%subinterp use main")


def test_an_error_of_cython_is_shown_as_cython_shows_it(cython):
    answer = cython.run("%%subinterp_cython fresh\ndef f(int n):\n    return n +\n")
    assert answer.reply["ename"] == "CompileError"
    shown = "\n".join(answer.reply["traceback"])
    assert shown.startswith("Error compiling Cython file:\n---")
    assert "    return n +\n              ^\n---" in shown
    assert ".pyx:2:14: Expected an identifier or literal" in shown
    assert "Traceback" not in shown
    assert "fresh" not in cython.run("%subinterp").text()


def test_an_error_of_the_c_compiler_is_shown(cython):
    answer = cython.run('%%subinterp_cython a\ncdef extern from "nowhere.h":\n    int nothing\nprint(nothing)')
    assert answer.reply["ename"] == "CompileError"
    assert "nowhere.h: No such file or directory" in "\n".join(answer.reply["traceback"])


def test_an_error_while_it_is_imported_is_one_of_the_cell(cython):
    reply = cython.run("%%subinterp_cython a,b\nraise ValueError('at import')").reply
    assert reply["ename"] == "CompositeError"
    assert "a: ValueError: at import; b: ValueError: at import" in reply["evalue"]


def test_a_missing_compiler_is_said_in_one_sentence(cython):
    cython.run("import os\nos.environ['CC'] = '/nowhere/cc'")
    answer = cython.run("%%subinterp_cython a\nx = 1")
    cython.run("del os.environ['CC']")
    assert answer.reply["ename"] == "UsageError"
    assert "needs a C and C++ compiler: install gcc or clang" in answer.reply["evalue"]


def test_stop_ends_the_compilation(cython, cache, tmp_path):
    slow = tmp_path / "cc"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid\nexec sleep 600\n")
    slow.chmod(0o700)
    cython.run(f"import os\nos.environ['CC'] = {str(slow)!r}")
    message = cython.send("%%subinterp_cython a\ny = 1")
    until(Path(tmp_path / "pid").exists)
    cython.interrupt()
    answer = cython.collect(message)
    cython.run("del os.environ['CC']")
    assert answer.reply["ename"] == "KeyboardInterrupt"
    assert "cython_compilation" not in "\n".join(answer.reply["traceback"])
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert not list(cache.glob("build_*"))
    assert os.listdir(cache)


def test_main_is_refused(cython):
    reply = cython.run("%%subinterp_cython main\nx = 1").reply
    assert (reply["ename"], reply["status"]) == ("UsageError", "error")
    assert "is for other interpreters than main: use Cython's %%cython in main" in reply["evalue"]


def test_a_wrong_option_is_said_in_one_sentence(shell):
    with pytest.raises(UsageError, match="%%subinterp_cython has no option --fast; its options are"):
        shell.run_cell_magic("subinterp_cython", "a --fast", "x = 1")


def test_missing_cython_is_said_in_one_sentence(shell, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(UsageError, match=r"needs Cython and setuptools: run pip install 'subinterp-kernel\[cython\]'"):
        shell.run_cell_magic("subinterp_cython", "a", "x = 1")
