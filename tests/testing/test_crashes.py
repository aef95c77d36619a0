"""What ends the child process: crashes, time limits, the end of the controller."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
import suite_run
from conditions import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

CRASH = "import ctypes\nctypes.string_at(0)\n"
IN_THE_MIDDLE = """
import ctypes
import pytest

@pytest.fixture(scope="module")
def resource():
    return [1]

def test_before(resource): pass
def test_crashes(resource): ctypes.string_at(0)
def test_after(resource): assert resource == [1]
def test_fails(): assert 0
"""


def test_a_crash_is_a_failure_and_the_others_go_on(suite):
    done = suite({"test_it": IN_THE_MIDDLE}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == [
        "FAILED test_it.py::test_crashes",
        "FAILED test_it.py::test_fails",
        "PASSED test_it.py::test_after",
        "PASSED test_it.py::test_before",
    ]
    assert "The process crashed with SIGSEGV while this test ran." in done.stdout
    assert done.returncode == 1


def test_the_stack_of_a_crash_is_shown(suite):
    done = suite({"test_it": IN_THE_MIDDLE}, "--subinterp")
    # The report of the test before may be written at the same time, between two parts of a line.
    assert "Segmentation fault" in done.stdout
    assert re.search(r'test_it.py", line 10 in test_crashes', done.stdout)


def test_the_stack_of_a_crash_beside_other_interpreters_is_shown(suite):
    # Only one of them crashes: a second crash at the same time would end the process before the stack is written.
    source = """
import ctypes

def test_crashes(request):
    if request.config.workerinput["workerid"] == "subinterp2":
        ctypes.string_at(0)
"""
    done = suite({"test_it": source}, "--subinterp=2")
    assert re.search(r'test_it.py", line 6 in test_crashes', done.stdout)


def test_each_interpreter_runs_all_tests_although_one_crashes(suite):
    done = suite({"test_it": IN_THE_MIDDLE}, "-rA", "--subinterp=2")
    names = {line.partition(" ")[2] for line in suite_run.outcomes(done)}
    tests = ("before", "crashes", "after", "fails")
    assert names == {f"test_it.py::test_{test}@{number}" for test in tests for number in (1, 2)}


def test_x_stops_at_a_crash(suite):
    done = suite({"test_it": IN_THE_MIDDLE}, "-x", "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["FAILED test_it.py::test_crashes", "PASSED test_it.py::test_before"]


def test_a_crash_of_two_tests(suite):
    kill = "import os, signal\ndef test_it(): os.kill(os.getpid(), signal.SIGKILL)"
    done = suite({"test_a": kill, "test_b": kill}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["FAILED test_a.py::test_it", "FAILED test_b.py::test_it"]
    assert "SIGKILL" in done.stdout


def test_a_crash_in_a_teardown_leaves_the_test_passed(suite):
    source = (
        "import ctypes, pytest\n@pytest.fixture\ndef f():\n    yield\n    ctypes.string_at(0)\ndef test_it(f): pass"
    )
    done = suite({"test_it": source}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["ERROR test_it.py::test_it", "PASSED test_it.py::test_it"]


def test_a_crash_at_import_is_an_error_of_the_file(suite):
    done = suite({"test_a": "def test_it(): pass", "test_b": CRASH}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["ERROR test_b.py"]
    assert "crashed with SIGSEGV while it imported this file" in done.stdout
    assert done.returncode == 2


def test_a_crash_at_import_ends_the_run_with_any_option(suite):
    done = suite({"test_a": CRASH}, "--continue-on-collection-errors", "--subinterp")
    assert "Interrupted: the tests could not be collected" in done.stdout
    assert done.returncode == 2


def test_a_crash_after_the_tests_is_an_error(suite):
    source = "import atexit, ctypes\ndef test_it(): atexit.register(ctypes.string_at, 0)"
    done = suite({"test_it": source}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["ERROR test_it.py::test_it", "PASSED test_it.py::test_it"]
    assert done.returncode == 1


def test_a_crash_in_a_conftest_file_ends_the_run(suite):
    # The outer pytest imports conftest files, too: it must not crash.
    source = "import sys, os\nif sys.argv[0] == 'pytest': os.kill(os.getpid(), 11)"
    done = suite({"conftest": source, "test_it": "def test_it(): pass"}, "--subinterp")
    assert "The process crashed with SIGSEGV while no test ran" in done.stdout
    assert done.returncode == 3


def test_os_exit_is_a_failure(suite):
    done = suite({"test_it": "import os\ndef test_it(): os._exit(0)\ndef test_b(): pass"}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["FAILED test_it.py::test_it", "PASSED test_it.py::test_b"]
    assert "The process ended with status 0" in done.stdout


def test_timeout_ends_a_test_that_hangs(suite):
    source = "import time\ndef test_hangs(): time.sleep(1000)\ndef test_after(): pass"
    plugins = (suite_run.PLUGIN, "pytest_timeout")
    done = suite({"test_it": source}, "-rA", "--timeout=3", "--subinterp", plugins=plugins)
    assert suite_run.outcomes(done) == ["FAILED test_it.py::test_hangs", "PASSED test_it.py::test_after"]
    assert 'test_it.py", line 2, in test_hangs' in done.stdout


def test_faulthandler_timeout_shows_the_stack(suite):
    source = "import time\ndef test_slow(): time.sleep(3)"
    done = suite({"test_it": source}, "-o", "faulthandler_timeout=0.5", "--subinterp")
    assert re.search(r'test_it.py", line 2 in test_slow', done.stdout)
    assert done.returncode == 0


WAITING = """
import os, pathlib, time
def test_before(): pass
def test_waits():
    pathlib.Path("pid").write_text(str(os.getpid()))
    try:
        os.rename("pid", "child")
        time.sleep(1000)
    finally:
        pathlib.Path("cleaned").touch()
def test_after(): pass
"""


def start(folder) -> subprocess.Popen[str]:
    """Start the suite that waits, and return when it does."""
    suite_run.write_suite(folder, {"test_it": WAITING})
    process = subprocess.Popen(
        suite_run.command("-rA", "--subinterp"),
        cwd=folder,
        env=suite_run.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until((folder / "child").exists)
    return process


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_ctrl_c_shows_what_is_known_and_cleans_up(tmp_path):
    with start(tmp_path) as process:
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=200)
    assert process.returncode == 2
    assert "PASSED test_it.py::test_before" in output
    assert "KeyboardInterrupt" in output
    assert (tmp_path / "cleaned").exists()
    assert is_gone(int((tmp_path / "child").read_text()))


def test_the_child_ends_when_the_controller_is_killed(tmp_path):
    with start(tmp_path) as process:
        process.kill()
    child = int((tmp_path / "child").read_text())
    until(lambda: is_gone(child))
