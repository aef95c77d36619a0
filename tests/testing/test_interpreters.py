"""One and several interpreters: their tests, their ids, how they end."""

from __future__ import annotations

import importlib.util
import subprocess

import pytest
import suite_run

from subinterp_kernel.extensions import policy

PLUGIN = suite_run.PLUGIN
ONE_TEST = {"test_it": "def test_it(): pass"}
OWN_GIL = """
import subinterp_kernel

def test_it():
    assert subinterp_kernel.get_current() != subinterp_kernel.get_main()
    import _interpreters
    assert _interpreters.get_config(_interpreters.get_current()[0]).gil == "own"
"""


def test_tests_run_in_an_interpreter_with_its_own_gil(suite):
    assert suite({"test_it": OWN_GIL}, "--subinterp").returncode == 0


def test_each_test_is_reported_once_per_interpreter(suite):
    source = "import pytest\n@pytest.mark.parametrize('word', ['a'])\ndef test_it(word): pass\ndef test_b(): assert 0"
    done = suite({"test_it": source}, "-rA", "--subinterp=3")
    assert suite_run.outcomes(done) == [
        *(f"FAILED test_it.py::test_b@{number}" for number in (1, 2, 3)),
        *(f"PASSED test_it.py::test_it@{number}[a]" for number in (1, 2, 3)),
    ]
    assert "6 items" not in done.stdout
    assert "running them in 3 interpreters at once" in done.stdout
    assert "____ test_b@2 ____" in done.stdout


def test_they_run_at_once(suite):
    # Each waits for a file of the other.
    source = """
import pathlib, time

def test_it(worker_number):
    pathlib.Path(f"{worker_number}.started").touch()
    end = time.monotonic() + 60
    while not (pathlib.Path("1.started").exists() and pathlib.Path("2.started").exists()):
        assert time.monotonic() < end
        time.sleep(0.01)
"""
    conftest = """
import pytest

@pytest.fixture
def worker_number(request):
    return request.config.workerinput["workerid"][-1]
"""
    assert suite({"conftest": conftest, "test_it": source}, "--subinterp=2").returncode == 0


def test_they_have_environments_of_their_own(suite):
    source = """
import os, time

def test_it(monkeypatch, request):
    mine = request.config.workerinput["workerid"]
    for _ in range(200):
        monkeypatch.setenv("SUITE_WORKER", mine)
        assert os.environ["SUITE_WORKER"] == mine
"""
    assert suite({"test_it": source}, "--subinterp=2").returncode == 0


def test_different_collections_end_the_run(suite):
    source = """
import pytest

def pytest_collection_modifyitems(config, items):
    if getattr(config, "workerinput", {}).get("workerid") == "subinterp2":
        items[:] = items[1:]
"""
    files = {"conftest": source, "test_it": "def test_a(): pass\ndef test_b(): pass"}
    done = suite(files, "--subinterp=2")
    assert done.returncode == 3
    assert "-test_it.py::test_a\n" in done.stdout
    assert "the interpreters have collected different tests" in done.stdout
    assert "passed" not in done.stdout


def test_errors_of_collection_are_reported(suite):
    done = suite({"test_a": "import nothing_of_that_name", **ONE_TEST}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["ERROR test_a.py"]
    assert "No module named 'nothing_of_that_name'" in done.stdout
    assert "Interrupted: 1 error during collection" in done.stdout
    assert done.returncode == 2


def test_errors_of_collection_do_not_stop_the_others_if_that_is_asked_for(suite):
    files = {"test_a": "import nothing_of_that_name", **ONE_TEST}
    done = suite(files, "-rA", "--continue-on-collection-errors", "--subinterp")
    assert suite_run.outcomes(done) == ["ERROR test_a.py", "PASSED test_it.py::test_it"]
    assert done.returncode == 1


def test_pytest_exit_ends_all(suite):
    source = "import pytest\ndef test_a(): pass\ndef test_b(): pytest.exit('enough', returncode=7)\ndef test_c(): pass"
    done = suite({"test_it": source}, "-rA", "--subinterp")
    assert done.returncode == 7
    assert "Exit: enough" in done.stdout
    assert "1 passed" in done.stdout


def test_keyboard_interrupt_of_a_test_ends_all(suite):
    done = suite({"test_it": "def test_it(): raise KeyboardInterrupt\ndef test_b(): pass"}, "--subinterp=2")
    assert done.returncode == 2
    assert "KeyboardInterrupt" in done.stdout


def test_a_plugin_can_stop_the_session(suite):
    conftest = "def pytest_runtest_teardown(item): item.session.shouldstop = 'the plugin says so'"
    done = suite({"conftest": conftest, "test_it": "def test_a(): pass\ndef test_b(): pass"}, "-rA", "--subinterp")
    assert suite_run.outcomes(done) == ["PASSED test_it.py::test_a"]
    assert "Interrupted: the plugin says so" in done.stdout
    assert done.returncode == 2


def test_an_internal_error_is_shown(suite):
    hook = "def pytest_runtest_logfinish(): raise ValueError('broken plugin')"
    conftest = f"import sys\nif sys.argv[0] == 'pytest':\n    {hook}"
    done = suite({"conftest": conftest, **ONE_TEST}, "--subinterp")
    assert "INTERNALERROR> " in done.stdout
    assert "broken plugin" in done.stdout
    assert "internal error of pytest in interpreter 1" in done.stdout
    assert done.returncode == 3


def test_an_import_that_fails_inside_only_is_shown(suite):
    conftest = "import sys\nif sys.argv[0] == 'pytest': raise ImportError('not in here')"
    done = suite({"conftest": conftest, **ONE_TEST}, "--subinterp")
    assert "pytest could not start in interpreter 1" in done.stdout
    assert "not in here" in done.stdout
    assert done.returncode == 4


def test_an_interpreter_that_cannot_be_made(tmp_path):
    suite_run.write_suite(tmp_path, ONE_TEST)
    done = subprocess.run(
        suite_run.command("--subinterp"),
        cwd=tmp_path,
        env=suite_run.environment(PYTHONTRACEMALLOC="1"),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "interpreter 1 could not be made" in done.stdout
    assert "tracemalloc" in done.stdout
    assert done.returncode == 3


def test_child_processes_of_tests_do_not_read_commands(suite):
    source = "import subprocess, sys\ndef test_it(): subprocess.run([sys.executable, '-c', 'input()'], timeout=200)"
    assert suite({"test_it": source}, "--subinterp").returncode == 0


def test_the_path_of_python_m_pytest_is_used(suite):
    # `python -m pytest` puts the current folder on sys.path; rootdir and conftest do not.
    files = {"library": "value = 1", "tests/test_it": "import library\ndef test_it(): assert library.value == 1"}
    suite_run.write_suite(suite.args[0], files)
    done = subprocess.run(
        [part for part in suite_run.command("--subinterp", "--import-mode=importlib") if part != "-P"],
        cwd=suite.args[0],
        env=suite_run.environment(),
        timeout=240,
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.skipif(not policy.SUPPORTED, reason="no private copies here")
@pytest.mark.skipif(importlib.util.find_spec("_curses") is None, reason="Python was built without it")
@pytest.mark.parametrize(("extensions", "status"), [("auto", 0), ("private", 0), ("strict", 1)])
def test_extensions(suite, extensions, status):
    done = suite({"test_it": "def test_it(): import _curses"}, "--subinterp", f"--subinterp-extensions={extensions}")
    assert done.returncode == status
    assert ("does not support loading in subinterpreters" in done.stdout) == (extensions == "strict")


# ------------------------------------------------------------------------------------------- without --subinterp


def test_the_entry_point_is_declared():
    from importlib.metadata import entry_points

    assert entry_points(group="pytest11")["subinterp"].value == PLUGIN


def test_importing_the_plugin_is_cheap(stdout_of):
    code = f"import sys, pytest; before = set(sys.modules); import {PLUGIN}; print(sorted(set(sys.modules) - before))"
    names = ["subinterp_kernel", "subinterp_kernel.testing", PLUGIN, "subinterp_kernel.testing.start_state"]
    assert stdout_of(code).strip() == str(names)


def test_a_run_without_the_option_loads_no_compiled_module(suite):
    source = """
import sys

def test_it():
    assert not [name for name in sys.modules if name.startswith(("subinterp_kernel.bindings", "IPython", "zmq"))]
"""
    assert suite({"test_it": source}).returncode == 0


def test_help_names_the_options(suite):
    done = suite({}, "--help")
    assert "--subinterp " in done.stdout
    assert "--subinterp-extensions" in done.stdout
    assert "--subinterp=2" not in done.stdout
