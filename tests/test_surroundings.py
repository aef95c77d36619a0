"""Folders, virtual environments and an environment of one's own: create(path=…, venv=…, env=…)."""

from __future__ import annotations

import importlib.util
import marshal
import os
import subprocess
import sys
import venv

import pytest

import subinterp_kernel as sk
from subinterp_kernel import protocol
from subinterp_kernel.compiled import lifecycle

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
    """Run a cell without a notebook; return (ename, evalue, traceback lines), or None if it went well."""
    order = protocol.CellOrder(code, 1, "nocolor")
    request = interpreter._worker.request(protocol.CELL, marshal.dumps(tuple(order)))
    request.post()
    assert request.wait(30)
    return protocol.CellOutcome(*marshal.loads(request.reply()[1])).error


# ------------------------------------------------------------------------------------------------------------- path


def test_two_versions_live_side_by_side(tmp_path):
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
def test_a_folder_that_is_none_is_refused(tmp_path, name, problem):
    (tmp_path / "file").write_text("")
    with pytest.raises(sk.SurroundingsError, match=problem):
        sk.create("a", path=[tmp_path / name])
    assert sk.list_all() == [sk.get_main()]


@pytest.mark.parametrize("path", ["/", b"/", os.sep])
def test_one_folder_that_is_no_list_is_refused(path):
    with pytest.raises(TypeError, match=r"path is a list of folders: path=\["):
        sk.create(path=path)


def test_what_is_no_path_is_refused():
    with pytest.raises(TypeError, match="not int"):
        sk.create(path=[1])


def test_reset_keeps_path_and_environment(tmp_path):
    package(tmp_path, "made_up_library", "")
    made = sk.create(path=[tmp_path], env={NAME: "kept"})
    made.reset()
    assert made.call(eval, "__import__('sys').path[0]") == str(tmp_path)
    assert made.call(os.getenv, NAME) == "kept"


def test_a_shared_gil_may_have_surroundings_too(tmp_path):
    package(tmp_path, "made_up_library", "VERSION = 3")
    made = sk.create("a", gil="shared", path=[tmp_path], env={NAME: "x"})
    assert made.call(eval, "__import__('made_up_library').VERSION") == 3
    assert (made.gil, made.call(os.getenv, NAME)) == ("shared", "x")


def test_an_interpreter_made_inside_has_what_its_maker_has_behind_its_own(tmp_path):
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


def test_a_taken_name_leaves_nothing_behind(tmp_path):
    sk.create("a")
    with pytest.raises(sk.NameTakenError, match="already an interpreter named 'a'"):
        sk.create("a", path=[tmp_path])
    assert [worker.name for worker in lifecycle.live()] == ["a"]


# ------------------------------------------------------------------------------------------------------------- venv


def test_the_packages_of_a_virtual_environment_come_between_path_and_main(made_venv, tmp_path):
    folder, site_packages = made_venv
    package(site_packages, "made_up_library", "VERSION = 2")
    package(site_packages, "cloudpickle", "VERSION = 'hides the one of main'")
    package(tmp_path / "first", "other_library", "VERSION = 1")
    package(site_packages, "other_library", "VERSION = 2")
    made = sk.create(path=[tmp_path / "first"], venv=folder)
    assert made.call(eval, "__import__('made_up_library').VERSION, __import__('other_library').VERSION") == (2, 1)
    assert made.call(eval, "__import__('sys').path") == [str(tmp_path / "first"), str(site_packages), *sys.path]


def test_pth_files_are_processed_and_what_they_add_stays_in_front(made_venv, tmp_path):
    folder, site_packages = made_venv
    package(tmp_path / "editable", "made_up_library", "VERSION = 7")
    (site_packages / "editable.pth").write_text(f"{tmp_path / 'editable'}\nimport builtins; builtins.from_pth = 1\n")
    made = sk.create(venv=folder)
    made.exec("import builtins, made_up_library as library")
    assert (made.get("builtins.from_pth"), made.get("library.VERSION")) == (1, 7)
    assert made.call(eval, "__import__('sys').path") == [str(site_packages), str(tmp_path / "editable"), *sys.path]


def test_a_set_up_that_fails_closes_the_interpreter_and_says_why(made_venv):
    folder, site_packages = made_venv
    (site_packages / "bad.pth").write_text("import sys; sys.exit('no way')\n")
    with pytest.raises(sk.StartupError, match=r"closed again.*could not be set up: SystemExit: no way"):
        sk.create("a", venv=folder)
    assert lifecycle.live() == []
    assert sk.create("a").name == "a"


def fake_venv(folder, settings):
    (folder / "lib").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(settings)
    return folder


@pytest.mark.parametrize("key", ["version", "version_info"])
def test_a_virtual_environment_of_another_python_is_refused_with_both_versions(tmp_path, key):
    folder = fake_venv(tmp_path / "old", f"home = /usr/bin\n{key} = 3.8.19\n")
    with pytest.raises(sk.SurroundingsError, match=rf"is for Python 3\.8\.19, and this is Python {VERSION}"):
        sk.create(venv=folder)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [("home = /usr/bin\n", "does not say in its pyvenv.cfg"), (f"version = {VERSION}.0\n", "has no folder")],
)
def test_a_virtual_environment_that_is_incomplete_is_refused(tmp_path, settings, problem):
    with pytest.raises(sk.SurroundingsError, match=problem):
        sk.create(venv=fake_venv(tmp_path / "odd", settings))
    assert lifecycle.live() == []


@pytest.mark.parametrize("name", ["nothing", "missing/there"])
def test_a_folder_without_a_virtual_environment_is_refused(tmp_path, name):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(sk.SurroundingsError, match=r"is no virtual environment: it has no pyvenv\.cfg"):
        sk.create(venv=tmp_path / name)


BREAKING = "raise RuntimeError('this one is broken')"


def test_cells_work_beside_broken_packages_that_ipython_needs(made_venv):
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


def test_ipython_takes_its_own_version_of_what_is_already_imported_in_another(made_venv):
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


# -------------------------------------------------------------------------------------------------------------- env


@pytest.fixture
def private(monkeypatch):
    monkeypatch.setenv(NAME, "of the process")
    return sk.create("private", env={f"{NAME}_MORE": "given"})


def test_the_environment_begins_as_a_copy_with_what_was_given(private):
    private.exec("import os; environment = dict(os.environ)")
    found = private.get("environment")
    changing = "PYTEST_CURRENT_TEST"
    assert {**found, changing: ""} == {**os.environ, f"{NAME}_MORE": "given", changing: ""}


CHANGES = {
    "set": f"os.environ['{NAME}'] = 'inside'",
    "update": f"os.environ.update({NAME}='inside')",
    "putenv": f"os.putenv('{NAME}', 'inside')",
    "bytes": f"os.environb[b'{NAME}'] = b'inside'",
    "or": f"os.environ |= {{'{NAME}': 'inside'}}",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_set_stays_inside(private, change):
    if "environb" in change and not os.supports_bytes_environ:
        pytest.skip("this system's environment has no bytes")
    private.exec(f"import os\n{change}")
    assert private.call(os.getenv, NAME) == "inside"
    assert environment_of_the_process() == "of the process"


@pytest.mark.parametrize("change", [f"del os.environ['{NAME}']", f"os.unsetenv('{NAME}')", "os.environ.clear()"])
def test_what_is_deleted_is_deleted_inside_only(private, change):
    private.exec(f"import os\n{change}")
    assert private.call(os.getenv, NAME) is None
    assert environment_of_the_process() == "of the process"


@pytest.mark.skipif(not hasattr(os, "reload_environ"), reason="os.reload_environ is new in 3.14")
def test_there_is_nothing_to_reload_an_environment_of_ones_own_from(private):
    private.exec(f"import os; os.environ['{NAME}'] = 'inside'; os.reload_environ()")
    assert private.call(os.getenv, NAME) == "inside"


def environment_of_the_process():
    """Return the variable as C code sees it, and hence a child process without an environment of its own."""
    code = f"import os; print(os.environ.get('{NAME}'))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_process_does_not_reach_an_environment_of_ones_own(private, monkeypatch):
    monkeypatch.setenv(NAME, "changed")
    assert private.call(os.getenv, NAME) == "of the process"


CHILD = f"[sys.executable, '-c', 'import os; print(os.environ.get(\"{NAME}\"))']"
CHILDREN = {
    "run": f"out = subprocess.run({CHILD}, stdout=subprocess.PIPE).stdout",
    "env=None": f"out = subprocess.run({CHILD}, stdout=subprocess.PIPE, env=None).stdout",
    "shell": f"out = subprocess.check_output('echo ${NAME}', shell=True)",
    "popen": f"out = os.popen('echo ${NAME}').read().encode()",
    "asyncio": (
        "import asyncio\nasync def main():\n"
        f"    child = await asyncio.create_subprocess_exec(*{CHILD}, stdout=subprocess.PIPE)\n"
        "    return (await child.communicate())[0]\n"
        "out = asyncio.run(main())"
    ),
    "system": f"os.system('echo ${NAME} > ' + file); out = open(file, 'rb').read()",
    "posix_spawn": (
        f"pid = os.posix_spawn('/bin/sh', ['sh', '-c', 'echo ${NAME} > ' + file], None)\n"
        "os.waitpid(pid, 0); out = open(file, 'rb').read()"
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("start", CHILDREN.values(), ids=CHILDREN)
def test_child_processes_see_it(private, tmp_path, start):
    private.prepare_main(file=str(tmp_path / "file"))
    private.exec(f"import os, subprocess, sys\nos.environ['{NAME}'] = 'inside'\n{start}")
    assert private.get("out").strip() == b"inside"


def test_an_environment_that_is_named_is_used(private):
    private.exec(f"import subprocess, sys\nout = subprocess.run({CHILD}, env={{}}, stdout=subprocess.PIPE).stdout")
    assert private.get("out").strip() == b"None"


@pytest.mark.skipif(sys.platform == "win32", reason="the command is for a POSIX shell")
def test_os_system_returns_what_it_always_does(private):
    codes = [private.call(os.system, command) for command in ("exit 3", "true", "kill -9 $$")]
    assert codes == [3 << 8, 0, 9]


def test_without_env_the_environment_is_the_processs(interpreter, monkeypatch):
    monkeypatch.setenv(NAME, "before")
    interpreter.exec(f"import os; os.environ['{NAME}'] = 'changed inside'")
    assert environment_of_the_process() == "changed inside"


@pytest.mark.parametrize("env", [{"": "x"}, {"A=B": "x"}, {"A\0": "x"}, {"A": "\0"}, {"A": "\ud800"}])
def test_what_cannot_be_a_variable_is_refused(env):
    with pytest.raises(sk.SurroundingsError, match="environment variable"):
        sk.create("a", env=env)
    assert lifecycle.live() == []


@pytest.mark.parametrize(
    ("env", "problem"),
    [([("A", "B")], "env is a dict of names and values, not list"), ({"A": 1}, "environment variables are str")],
)
def test_an_environment_of_another_type_is_refused(env, problem):
    with pytest.raises(TypeError, match=problem):
        sk.create(env=env)


@pytest.mark.parametrize("change", ["os.environ['A'] = '\\0'", "os.environ['A=B'] = 'x'", "os.putenv('', 'x')"])
def test_setting_what_cannot_be_a_variable_is_a_value_error_there(private, change):
    private.exec(f"import os\ntry: {change}\nexcept ValueError: refused = True")
    assert private.get("refused")


def test_deleting_what_is_not_there_is_a_key_error(private):
    with pytest.raises(sk.ExecutionFailed, match="KeyError: 'SUBINTERP_NOTHING'"):
        private.exec("import os; del os.environ['SUBINTERP_NOTHING']")
