"""`pytest --subinterp` reports as pytest does without it."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree

import pytest
import suite_run

SUITE = {
    "conftest": """
import pytest

@pytest.fixture(scope="session")
def number():
    return 20

def pytest_report_header():
    return "header of conftest"

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line("summary of conftest")
""",
    "test_mixed": """
import sys
import warnings

import pytest

def test_passes(number, tmp_path):
    (tmp_path / "file").write_text("text")
    assert number == 20

def test_fails(number):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    assert [number] == [21]

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.xfail
def test_fails_as_expected():
    assert False

@pytest.fixture
def broken():
    raise ValueError("broken fixture")

def test_has_no_fixture(broken):
    pass

@pytest.mark.parametrize("word", ["one", "two"])
def test_warns(word):
    warnings.warn(f"warning {word}")

def test_exits():
    sys.exit(3)

def test_has_properties(record_property):
    record_property("colour", "red")

class TestClass:
    def test_method(self):
        pass
""",
}


JUNIT = ("--junitxml=report.xml", "-o", "junit_family=xunit1")


@pytest.fixture(scope="module")
def without(tmp_path_factory) -> subprocess.CompletedProcess[str]:
    return suite_run.run_suite(tmp_path_factory.mktemp("without"), SUITE, "-rA", "-v", *JUNIT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("inside")


@pytest.fixture(scope="module")
def inside(folder) -> subprocess.CompletedProcess[str]:
    return suite_run.run_suite(folder, SUITE, "-rA", "-v", *JUNIT, "--durations=3", "--subinterp")


def test_outcomes_are_those_of_pytest(without, inside):
    assert suite_run.outcomes(inside) == suite_run.outcomes(without)
    assert len(suite_run.outcomes(inside)) == 10


def test_exit_status_is_that_of_pytest(without, inside):
    assert inside.returncode == without.returncode == 1


def test_numbers_of_the_last_line_are_those_of_pytest(without, inside):
    last = [done.stdout.splitlines()[-1].strip("= ").rpartition(" in ")[0] for done in (without, inside)]
    assert last[0] == last[1] == "2 failed, 5 passed, 1 skipped, 1 xfailed, 2 warnings, 1 error"


def test_assertions_are_rewritten(inside):
    assert "assert [20] == [21]" in inside.stdout
    assert "At index 0 diff: 20 != 21" in inside.stdout


def test_captured_output_is_shown(inside):
    assert "Captured stdout call" in inside.stdout
    assert "\nto stdout\n" in inside.stdout
    assert "\nto stderr\n" in inside.stdout


def test_reasons_of_skipped_tests_are_shown(inside):
    assert "not today" in inside.stdout


def test_warnings_are_shown_with_their_tests(inside):
    assert "test_mixed.py::test_warns[one]" in inside.stdout
    assert "UserWarning: warning two" in inside.stdout


def test_durations_are_shown(inside):
    assert "slowest 3 durations" in inside.stdout


def test_verbose_lines_have_the_progress(inside):
    assert "collected 10 items" in inside.stdout
    (line,) = [line for line in inside.stdout.splitlines() if line.startswith("test_mixed.py::TestClass::test_method ")]
    assert "[100%]" in line


def test_hooks_of_conftest_write_once(inside):
    assert inside.stdout.count("header of conftest") == 1
    assert inside.stdout.count("summary of conftest") == 1


def test_header_names_the_interpreters(inside):
    assert "subinterp: 1 interpreter, extensions: auto" in inside.stdout


def test_junit_file_has_all_tests(inside, folder):
    (suite,) = xml.etree.ElementTree.parse(folder / "report.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "10",
        "failures": "2",
        "errors": "1",
        "skipped": "2",
    }
    assert [(each.get("name"), each.get("value")) for each in suite.iter("property")] == [("colour", "red")]


def test_suite_that_passes_has_status_0(suite):
    done = suite({"test_it": "def test_it(): pass"}, "--subinterp", "-q")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("1 passed in ")
