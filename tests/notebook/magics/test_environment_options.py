"""--path, --venv, --env and --clone-imports of the magics."""

from __future__ import annotations

import os
import subprocess
import sys
import types
import venv

import pytest
from IPython.core.error import UsageError
from magic_calls import cell, line

import subinterp_kernel as sk
from subinterp_kernel.bindings import control
from subinterp_kernel.notebook.extension import loaded

VERSION = "import made_up_library; made_up_library.VERSION"


@pytest.fixture
def versions(tmp_path):
    """Return two folders with a library in two versions."""
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "made_up_library.py").write_text(f"VERSION = {version}\n")
    return tmp_path / "1", tmp_path / "2"


def value(shell, name, body):
    return cell(shell, name, body).outputs[0].data["text/plain"]


def test_new_takes_folders_a_virtual_environment_and_variables(shell, versions, tmp_path):
    venv.create(tmp_path / "environment", symlinks=os.name != "nt")
    (site_packages,) = (tmp_path / "environment").glob("[Ll]ib/**/site-packages")
    (site_packages / "other_library.py").write_text("VERSION = 3")
    line(shell, f"new a --path {versions[0]} --path {versions[1]} --venv {tmp_path}/environment --env A=1 --env B=x=y")
    assert value(shell, "a", "import made_up_library as m, other_library as o; m.VERSION, o.VERSION") == "(1, 3)"
    assert value(shell, "a", "import os; os.environ['A'], os.getenv('B')") == "('1', 'x=y')"


def test_a_cell_takes_them_at_creation(shell, versions):
    for version in (1, 2):
        assert value(shell, f"v{version} --path {versions[version - 1]}", VERSION) == str(version)
    assert cell(shell, "v1,v2", "import made_up_library\nprint(made_up_library.VERSION)").stdout == "[v1]\n1\n[v2]\n2\n"


def test_a_shared_gil_takes_them_too(shell, versions):
    assert value(shell, f"a --gil shared --path {versions[1]}", VERSION) == "2"


def test_a_spare_gets_them(shell, versions):
    loaded(shell).spares = 1
    loaded(shell).cells.spares.refill()
    (spare,) = control.live()
    assert value(shell, f"a --path {versions[0]} --env K=v", VERSION) == "1"
    assert sk.get("a")._worker == spare
    assert value(shell, "a", "import os; os.environ['K']") == "'v'"
    loaded(shell).spares = 0


def test_tildes_are_expanded(shell, versions, monkeypatch):
    monkeypatch.setenv("HOME", str(versions[0].parent))
    monkeypatch.setenv("USERPROFILE", str(versions[0].parent))
    assert value(shell, "a --path ~/1", VERSION) == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
def test_commands_and_magics_use_the_interpreters_own_environment(shell, monkeypatch):
    monkeypatch.setenv("SUBINTERP_TEST", "of the process")
    body = (
        "!echo $SUBINTERP_TEST\n%env SUBINTERP_TEST=new\n!echo $SUBINTERP_TEST\nx = !echo $SUBINTERP_TEST\nprint(x[0])"
    )
    shown = cell(shell, "a --env SUBINTERP_TEST=own", body).stdout
    assert shown == "own\r\nenv: SUBINTERP_TEST=new\nnew\r\nnew\n"  # the commands have a terminal
    assert cell(shell, "a", "%%bash\necho $SUBINTERP_TEST").stdout == "new\n"
    assert subprocess.check_output("echo $SUBINTERP_TEST", shell=True) == b"of the process\n"


def test_fresh_keeps_them(shell, versions):
    cell(shell, f"a --path {versions[0]} --env K=v", "1;")
    assert value(shell, "a --fresh", f"import os; {VERSION}, os.environ['K']") == "(1, 'v')"


@pytest.mark.parametrize("option", ["--path .", "--venv .", "--env A=1"])
def test_an_interpreter_that_exists_keeps_what_it_has(shell, option):
    sk.create("a")
    with pytest.raises(UsageError, match="'a' exists and keeps its path and environment; omit --path"):
        cell(shell, f"a {option}", "1")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--env A", "--env A: write --env NAME=VALUE"),
        ("--env =A", "cannot name an environment variable"),
        ("--path /nowhere/at/all", "'/nowhere/at/all' does not exist: choose an existing folder"),
        ("--venv /nowhere/at/all", "is not a virtual environment"),
        ("--path", "--path needs a value: DIR"),
    ],
)
def test_what_will_not_do_is_a_usage_error(shell, options, problem):
    with pytest.raises(UsageError, match=problem):
        cell(shell, f"a {options}", "1")
    with pytest.raises(UsageError, match=problem):
        line(shell, f"new a {options}")
    assert sk.list_all() == [sk.get_main()]


def test_clone_imports_imports_what_the_notebook_has_under_the_same_names(shell):
    shell.run_cell("import json, os.path as p, collections.abc as abc\nimport math as _hidden\nx = 1")
    captured = line(shell, "new a --clone-imports")
    assert captured.stdout == ""
    names = "[n for n in ('json', 'p', 'abc', '_hidden', 'x') if n in globals()], abc.__name__"
    assert value(shell, "a", names) == "(['json', 'p', 'abc'], 'collections.abc')"


def test_clone_imports_names_what_cannot_be_imported_and_goes_on(shell):
    pytest.importorskip("numpy", reason="NumPy is not installed")
    shell.run_cell("import numpy as np, json")
    shell.push({"made": types.ModuleType("made_up_library")})
    captured = cell(shell, "a --clone-imports --extensions strict", "print(json.loads('[1]'))")
    assert captured.stdout == (
        "not imported here: np (refuses a GIL of its own), made (No module named 'made_up_library')\n[1]\n"
    )


def test_clone_imports_is_for_existing_interpreters_too_and_comes_after_fresh(shell):
    shell.run_cell("import json")
    cell(shell, "a", "x = 1")
    assert value(shell, "a --fresh --clone-imports", "'x' in globals(), json.__name__") == "(False, 'json')"


def test_clone_imports_takes_the_interpreters_own_version(shell, versions, monkeypatch):
    monkeypatch.syspath_prepend(str(versions[0]))
    shell.run_cell("import made_up_library")
    del sys.modules["made_up_library"]  # the other tests' versions come from other folders
    assert value(shell, f"a --path {versions[1]} --clone-imports", "made_up_library.VERSION") == "2"
    assert shell.user_ns["made_up_library"].VERSION == 1
