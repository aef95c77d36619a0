"""Options of pytest together with `--subinterp`."""

from __future__ import annotations

import re
from pathlib import Path

import suite_run

DOCUMENTATION = Path(__file__).parents[2] / "docs/pytest-plugin.md"
PLUGIN = suite_run.PLUGIN
TWO_FILES = {
    "test_one": "def test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pass",
    "test_two": "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_d(n): assert n == 1",
}
MARKED = "import pytest\n@pytest.mark.skipif(False, reason='')\ndef test_a(): pass\ndef test_b(): pass"


def last_line(done) -> str:
    return done.stdout.splitlines()[-1].strip("= ").rpartition(" in ")[0]


def test_the_argument_after_the_option_is_a_file(suite):
    done = suite(TWO_FILES, "-q", "--subinterp", "test_two.py")
    assert last_line(done) == "1 failed, 1 passed"


def test_k_selects(suite):
    done = suite(TWO_FILES, "-k", "test_a or test_c", "--subinterp")
    assert last_line(done) == "2 passed, 3 deselected"
    assert "collected 5 items / 3 deselected / 2 selected" in done.stdout


def test_m_selects(suite):
    assert last_line(suite({"test_it": MARKED}, "-m", "skipif", "--subinterp")) == "1 passed, 1 deselected"


def test_nothing_selected_is_status_5(suite):
    assert suite(TWO_FILES, "-k", "nothing", "--subinterp").returncode == 5


def test_x_stops_after_the_first_failure(suite):
    done = suite(TWO_FILES, "-x", "--subinterp")
    assert last_line(done) == "1 failed, 1 passed"
    assert "stopping after 1 failures" in done.stdout
    assert done.returncode == 1


def test_maxfail_counts_failures_of_all_interpreters(suite):
    done = suite({"test_it": "def test_a(): assert 0"}, "--maxfail=2", "--subinterp=2")
    assert "stopping after 2 failures" in done.stdout


def test_collect_only_shows_the_tree_and_runs_nothing(suite):
    done = suite(TWO_FILES, "--collect-only", "--subinterp")
    assert "  <Module test_two.py>\n" in done.stdout
    assert last_line(done) == "5 tests collected"
    assert done.returncode == 0


def test_quiet_collect_only_shows_the_ids(suite):
    done = suite(TWO_FILES, "--co", "-q", "--subinterp")
    assert done.stdout.splitlines()[:2] == ["test_one.py::test_a", "test_one.py::test_b"]


def test_s_shows_output_in_the_terminal(suite):
    done = suite({"test_it": "def test_it(): print('this is shown')"}, "-s", "--subinterp")
    assert "this is shown" in done.stdout


def test_lf_runs_what_failed_last_time(suite):
    suite(TWO_FILES, "--subinterp")
    done = suite(TWO_FILES, "--lf", "--subinterp")
    assert last_line(done) == "2 failed"
    assert "run-last-failure: rerun previous 2 failures" in done.stdout


def test_lf_after_a_run_in_several_interpreters(suite):
    suite(TWO_FILES, "--subinterp=2")
    assert last_line(suite(TWO_FILES, "--lf")) == "2 failed"


def test_lf_forgets_what_passes_in_all_interpreters(suite):
    suite({"test_it": "def test_a(): assert 0\ndef test_b(): assert 0"}, "--subinterp=2")
    suite({"test_it": "def test_a(): assert 0\ndef test_b(): assert 'b'"}, "--subinterp=2")
    done = suite({}, "--lf", "--co", "-q")
    assert done.stdout.splitlines()[0] == "test_it.py::test_a"
    assert "test_b" not in done.stdout


def test_without_the_cache_plugin(suite):
    done = suite(TWO_FILES, "-p", "no:cacheprovider", "--subinterp=2", "-k", "test_a")
    assert done.returncode == 0


def test_without_the_terminal_plugin(suite):
    done = suite(TWO_FILES, "-p", "no:terminal", "--subinterp", "-k", "test_b")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_file_that_does_not_exist(suite):
    done = suite(TWO_FILES, "missing.py", "--subinterp=2")
    assert done.returncode == 4
    assert done.stdout.count("ERROR: file or directory not found: missing.py") == 1


def test_options_in_the_configuration_file(suite):
    files = {"test_it": "import sys\ndef test_it(): assert sys.argv[0] == 'pytest'"}
    suite_folder = suite.args[0]
    suite_run.write_suite(suite_folder, files)
    (suite_folder / "tox.ini").write_text("[pytest]\naddopts = --subinterp=2\n")
    assert last_line(suite({}, "-c", "tox.ini")) == "2 passed"


def test_arguments_after_two_dashes(suite):
    assert last_line(suite(TWO_FILES, "--subinterp", "-k", "test_d", "--", "test_two.py")) == "1 failed, 1 passed"


def test_pdb_is_refused(suite):
    done = suite(TWO_FILES, "--pdb", "--subinterp")
    assert done.returncode == 4
    assert (
        done.stdout.strip()
        == "ERROR: --pdb and --trace do not work with --subinterp: debug the test without --subinterp"
    )


def test_n_of_xdist_is_refused(suite):
    done = suite(TWO_FILES, "-n2", "--subinterp", plugins=(PLUGIN, "xdist.plugin"))
    assert done.returncode == 4
    assert done.stdout.startswith("ERROR: -n of pytest-xdist does not work with --subinterp: leave out one of them")


def test_xdist_without_n_does_no_harm(suite):
    done = suite(TWO_FILES, "-n0", "-k", "test_a", "--subinterp", plugins=(PLUGIN, "xdist.plugin"))
    assert last_line(done) == "1 passed, 4 deselected"


def test_a_number_that_is_none_is_refused(suite):
    done = suite(TWO_FILES, "--subinterp=many")
    assert done.returncode == 4
    assert "argument --subinterp: " in done.stdout


def test_basetemp_is_divided(suite):
    suite({"test_it": "def test_it(tmp_path): (tmp_path / 'file').touch()"}, "--basetemp=made/here", "--subinterp=2")
    found = sorted(str(path.relative_to(suite.args[0])) for path in suite.args[0].glob("made/here/*/test_it0/file"))
    assert found == ["made/here/1/test_it0/file", "made/here/2/test_it0/file"]


def test_the_conftest_of_the_documentation_skips_inside_only(suite):
    conftest = re.findall(r"^```python\n(.*?)^```$", DOCUMENTATION.read_text(), re.DOTALL | re.MULTILINE)[0]
    test = "import pytest\n@pytest.mark.needs_main\ndef test_a(): pass\ndef test_b(): pass"
    assert last_line(suite({"conftest": conftest, "test_it": test}, "--strict-markers")) == "2 passed"
    assert last_line(suite({}, "--strict-markers", "--subinterp")) == "1 passed, 1 skipped"
