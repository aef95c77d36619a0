"""The level tests: a package's own tests run in main and inside, and those that differ are named."""

from __future__ import annotations

import pytest

from subinterp_kernel.doctor import examine
from subinterp_kernel.doctor.child_process import Limits
from subinterp_kernel.doctor.own_tests import OwnTests, run_own_tests

PASSES = "def test_one(): pass\ndef test_two(tmp_path): assert tmp_path.exists()\n"
FAILS_INSIDE = """
import threading
def test_usual(): pass
def test_daemon():
    threading.Thread(target=print, daemon=True).start()
"""
FAILS_EVERYWHERE = "def test_good(): pass\ndef test_bad(): assert False\n"
CRASHES_INSIDE = """
import os, signal, subinterp_kernel
def test_crash():
    if subinterp_kernel.get_current() != subinterp_kernel.get_main():
        os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch):
    """Importing them takes seconds."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "subinterp_kernel.testing.plugin")


@pytest.fixture
def examined(site):
    """Install a pure package with that file of tests, and run them."""

    def run(tests: str | None):
        texts = {"sample/__init__.py": "", "sample/tests/__init__.py": ""}
        texts |= {} if tests is None else {"sample/tests/test_it.py": tests}
        site.install("sample", texts=texts)
        return run_own_tests(["sample"], Limits())

    return run


def test_tests_that_pass_inside_are_counted(examined):
    assert examined(PASSES) == OwnTests(True, ("all 2 tests that pass in main pass inside",))


def test_a_test_that_fails_only_inside_is_named(examined):
    found = examined(FAILS_INSIDE)
    assert found.works is False
    assert found.problems[0].startswith("1 of 2 tests that pass in main do not pass inside: ")
    assert found.problems[0].endswith("tests/test_it.py::test_daemon")


def test_a_test_that_fails_in_main_does_not_count(examined):
    assert examined(FAILS_EVERYWHERE).works is True


def test_a_test_that_crashes_inside_is_named(examined):
    found = examined(CRASHES_INSIDE)
    assert found.works is False
    assert any("test_crash" in problem for problem in found.problems)


def test_a_package_without_tests_is_not_judged(examined):
    assert examined(None) == OwnTests(None, ("it installs no tests",))


def test_private_copies_serve_the_tests_of_a_module_that_refuses(site, built):
    texts = {"sample/__init__.py": "", "sample/test_it.py": "def test_import():\n    import sample.absent\n"}
    site.install("sample", next(built.glob("absent.*")), texts=texts, under="sample")
    levels = examine("sample", level="tests", cycles=1).packages[0].levels
    assert (levels.imports, levels.private, levels.tests) == (False, True, True)
