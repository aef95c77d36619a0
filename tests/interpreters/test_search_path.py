"""Search path and virtual environment of an interpreter: create(path=…, venv=…)."""

from __future__ import annotations

import importlib.util
import os
import sys
import venv

import pytest

import subinterp_kernel as sk
from subinterp_kernel.bindings import control
from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.cells import CellOutcome, ExecuteCell

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
NAME = "SUBINTERP_TEST"


def package(folder, name, source):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    return folder


@pytest.fixture
def made_venv(tmp_path):
    """Return a virtual environment without pip, and its folder of packages."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=os.name != "nt")
    (site_packages,) = folder.glob("[Ll]ib/**/site-packages")
    return folder, site_packages


def run_cell(interpreter, code):
    """Run a cell without a notebook; return its RaisedError, or None."""
    cell = ExecuteCell(interpreter.name, code, 1, "nocolor")
    request = interpreter._worker.request(protocol.CELL, cell.encode())
    request.post()
    assert request.wait(60)
    return CellOutcome.decode(request.reply()[1]).error


# ---------------------------------------------------------------------------------------------------------------- path


def test_two_versions_of_a_package_work_side_by_side(tmp_path):
    found = []
    for version in ("1", "2"):
        folder = package(tmp_path / version, "made_up_library", f"VERSION = {version}\nstate = []\n")
        made = sk.create(f"v{version}", path=[folder])
        made.exec("import made_up_library as library; library.state.append(1)")
        found.append((made.get("library.VERSION"), made.get("library.state")))
    assert found == [(1, [1]), (2, [1])]
    assert importlib.util.find_spec("made_up_library") is None


def test_the_path_comes_before_everything_else_and_is_absolute(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.chdir(tmp_path)
    made = sk.create(path=["a", tmp_path / "b"])
    assert made.call(eval, "__import__('sys').path") == [str(tmp_path / "a"), str(tmp_path / "b"), *sys.path]


@pytest.mark.parametrize(("name", "problem"), [("missing", "does not exist"), ("file", "is not a folder")])
def test_a_path_entry_that_is_not_a_folder_is_refused(tmp_path, name, problem):
    (tmp_path / "file").write_text("")
    with pytest.raises(sk.InvalidEnvironmentError, match=problem):
        sk.create("a", path=[tmp_path / name])
    assert sk.list_all() == [sk.get_main()]


@pytest.mark.parametrize("path", ["/", b"/", os.sep])
def test_one_folder_instead_of_a_list_is_refused(path):
    with pytest.raises(TypeError, match=r"path must be a list of folders: use path=\["):
        sk.create(path=path)


def test_a_path_entry_of_another_type_is_refused():
    with pytest.raises(TypeError, match="not int"):
        sk.create(path=[1])


def test_reset_keeps_path_and_environment(tmp_path):
    package(tmp_path, "made_up_library", "")
    made = sk.create(path=[tmp_path], env={NAME: "kept"})
    made.reset()
    assert made.call(eval, "__import__('sys').path[0]") == str(tmp_path)
    assert made.call(os.getenv, NAME) == "kept"


def test_path_and_env_work_with_a_shared_gil(tmp_path):
    package(tmp_path, "made_up_library", "VERSION = 3")
    made = sk.create("a", gil="shared", path=[tmp_path], env={NAME: "x"})
    assert made.call(eval, "__import__('made_up_library').VERSION") == 3
    assert (made.gil, made.call(os.getenv, NAME)) == ("shared", "x")


def test_an_interpreter_inherits_the_path_of_its_creator(tmp_path):
    package(tmp_path / "1", "made_up_library", "VERSION = 1")
    package(tmp_path / "2", "made_up_library", "VERSION = 2")
    package(tmp_path / "1", "other_library", "VERSION = 10")
    package(tmp_path / "1" / "subinterp_kernel", "__init__", "raise ImportError('not this one')")
    outer = sk.create("outer", path=[tmp_path / "1"])
    outer.exec(f"import subinterp_kernel as sk\nsk.create('plain'); sk.create('inner', path=[{str(tmp_path / '2')!r}])")
    versions = "__import__('made_up_library').VERSION, __import__('other_library').VERSION"
    assert sk.get("plain").call(eval, versions) == (1, 10)
    assert sk.get("inner").call(eval, versions) == (2, 10)
    assert run_cell(sk.get("inner"), "x = 1") is None


def test_a_taken_name_leaves_no_interpreter_behind(tmp_path):
    sk.create("a")
    with pytest.raises(sk.NameTakenError, match="already an interpreter named 'a'"):
        sk.create("a", path=[tmp_path])
    assert [worker.name for worker in control.live()] == ["a"]


# ---------------------------------------------------------------------------------------------------------------- venv


def test_the_packages_of_a_virtual_environment_come_between_path_and_main(made_venv, tmp_path):
    folder, site_packages = made_venv
    package(site_packages, "made_up_library", "VERSION = 2")
    package(site_packages, "cloudpickle", "VERSION = 'hides the one of main'")
    package(tmp_path / "first", "other_library", "VERSION = 1")
    package(site_packages, "other_library", "VERSION = 2")
    made = sk.create(path=[tmp_path / "first"], venv=folder)
    assert made.call(eval, "__import__('made_up_library').VERSION, __import__('other_library').VERSION") == (2, 1)
    assert made.call(eval, "__import__('sys').path") == [str(tmp_path / "first"), str(site_packages), *sys.path]


def test_pth_files_are_processed_and_their_entries_precede_mains(made_venv, tmp_path):
    folder, site_packages = made_venv
    package(tmp_path / "editable", "made_up_library", "VERSION = 7")
    (site_packages / "editable.pth").write_text(f"{tmp_path / 'editable'}\nimport builtins; builtins.from_pth = 1\n")
    made = sk.create(venv=folder)
    made.exec("import builtins, made_up_library as library")
    assert (made.get("builtins.from_pth"), made.get("library.VERSION")) == (1, 7)
    assert made.call(eval, "__import__('sys').path") == [str(site_packages), str(tmp_path / "editable"), *sys.path]


def test_a_failing_configuration_closes_the_interpreter_and_says_why(made_venv):
    folder, site_packages = made_venv
    (site_packages / "bad.pth").write_text("import sys; sys.exit('no way')\n")
    with pytest.raises(sk.StartupError, match=r"closed again.*could not be set up: SystemExit: no way"):
        sk.create("a", venv=folder)
    assert control.live() == []
    assert sk.create("a").name == "a"


def fake_venv(folder, settings):
    (folder / "lib").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(settings)
    return folder


@pytest.mark.parametrize("key", ["version", "version_info"])
def test_a_virtual_environment_of_another_python_is_refused_with_both_versions(tmp_path, key):
    folder = fake_venv(tmp_path / "old", f"home = /usr/bin\n{key} = 3.8.19\n")
    with pytest.raises(sk.InvalidEnvironmentError, match=rf"is for Python 3\.8\.19, but this is Python {VERSION}"):
        sk.create(venv=folder)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [("home = /usr/bin\n", "names no Python version"), (f"version = {VERSION}.0\n", "has no folder")],
)
def test_a_virtual_environment_that_is_incomplete_is_refused(tmp_path, settings, problem):
    with pytest.raises(sk.InvalidEnvironmentError, match=problem):
        sk.create(venv=fake_venv(tmp_path / "odd", settings))
    assert control.live() == []


@pytest.mark.parametrize("name", ["nothing", "missing/there"])
def test_a_folder_without_a_virtual_environment_is_refused(tmp_path, name):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(sk.InvalidEnvironmentError, match=r"is not a virtual environment: it has no pyvenv\.cfg"):
        sk.create(venv=tmp_path / name)


BREAKING = "raise RuntimeError('this one is broken')"


def test_cells_run_although_the_path_has_broken_versions_of_what_ipython_imports(made_venv):
    folder, site_packages = made_venv
    for name in ("traitlets", "IPython", "stack_data", "pygments", "cloudpickle"):
        package(site_packages / name, "__init__", BREAKING)
    made = sk.create(venv=folder)
    with pytest.raises(sk.ExecutionFailed, match="this one is broken"):
        made.exec("import traitlets")
    assert run_cell(made, "x = 1") is None
    ename, _, lines, _ = run_cell(made, "def f():\n    1 / 0\nf()")
    assert (ename, "1 / 0" in "".join(lines)) == ("ZeroDivisionError", True)
    assert made.call(lambda: 7) == 7  # by cloudpickle


def test_ipython_uses_mains_version_of_a_package_that_is_already_imported(made_venv):
    folder, site_packages = made_venv
    package(site_packages / "traitlets", "__init__", "VERSION = 'old'")
    package(site_packages, "made_up_library", "VERSION = 1")
    made = sk.create(venv=folder)
    made.exec("import sys; sys.modules[5] = sys.modules['odd'] = None")
    made.exec("import traitlets as mine, made_up_library\nlibrary = made_up_library\npath = list(sys.path)")
    assert run_cell(made, "import made_up_library") is None
    assert made.get("mine.VERSION") == "old"
    made.exec("same = made_up_library is library and sys.path == path\nimport traitlets as ipythons")
    assert made.get("same")
    assert made.get("ipythons.HasTraits.__name__") == "HasTraits"


def test_an_interpreter_has_mains_package_although_the_sources_of_one_come_first(run_python, tmp_path):
    (tmp_path / "subinterp_kernel").mkdir()
    (tmp_path / "subinterp_kernel" / "__init__.py").write_text("raise ImportError('the wrong package')")
    code = (
        "import os, sys, subinterp_kernel as sk\n"
        f"os.chdir({str(tmp_path)!r}); sys.path.insert(0, '')\n"
        "a = sk.create()\n"
        "print(a.call(eval, '__import__(\"subinterp_kernel\").__file__') == sk.__file__)\n"
        "print(a.call(eval, '__import__(\"sys\").path') == sys.path)\n"
    )
    done = run_python(code)
    assert (done.stdout, done.stderr) == ("True\nTrue\n", "")
