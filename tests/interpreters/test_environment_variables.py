"""Environment variables of an interpreter: create(env=…)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import subinterp_kernel as sk
from subinterp_kernel.bindings import control

NAME = "SUBINTERP_TEST"


@pytest.fixture
def private(monkeypatch):
    monkeypatch.setenv(NAME, "of the process")
    return sk.create("private", env={f"{NAME}_MORE": "given"})


def test_the_environment_starts_as_a_copy_with_the_given_variables(private):
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
def test_variables_set_inside_do_not_reach_the_process(private, change):
    if "environb" in change and not os.supports_bytes_environ:
        pytest.skip("this system's environment has no bytes")
    private.exec(f"import os\n{change}")
    assert private.call(os.getenv, NAME) == "inside"
    assert environment_of_the_process() == "of the process"


@pytest.mark.parametrize("change", [f"del os.environ['{NAME}']", f"os.unsetenv('{NAME}')", "os.environ.clear()"])
def test_variables_deleted_inside_stay_in_the_process(private, change):
    private.exec(f"import os\n{change}")
    assert private.call(os.getenv, NAME) is None
    assert environment_of_the_process() == "of the process"


@pytest.mark.skipif(not hasattr(os, "reload_environ"), reason="os.reload_environ is new in 3.14")
def test_reload_environ_changes_nothing(private):
    private.exec(f"import os; os.environ['{NAME}'] = 'inside'; os.reload_environ()")
    assert private.call(os.getenv, NAME) == "inside"


def environment_of_the_process():
    """Return the variable as C code sees it, and hence a child process without an environment of its own."""
    code = f"import os; print(os.environ.get('{NAME}'))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_variables_of_the_process_do_not_reach_a_private_environment(private, monkeypatch):
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
def test_child_processes_get_the_private_environment(private, tmp_path, start):
    private.prepare_main(file=str(tmp_path / "file"))
    private.exec(f"import os, subprocess, sys\nos.environ['{NAME}'] = 'inside'\n{start}")
    assert private.get("out").strip() == b"inside"


def test_an_explicit_environment_of_a_child_process_is_used(private):
    private.exec(f"import subprocess, sys\nout = subprocess.run({CHILD}, env={{}}, stdout=subprocess.PIPE).stdout")
    assert private.get("out").strip() == b"None"


@pytest.mark.skipif(sys.platform == "win32", reason="the command is for a POSIX shell")
def test_os_system_returns_a_wait_status(private):
    codes = [private.call(os.system, command) for command in ("exit 3", "true", "kill -9 $$")]
    assert codes == [3 << 8, 0, 9]


def test_without_env_the_environment_is_that_of_the_process(interpreter, monkeypatch):
    monkeypatch.setenv(NAME, "before")
    interpreter.exec(f"import os; os.environ['{NAME}'] = 'changed inside'")
    assert environment_of_the_process() == "changed inside"


@pytest.mark.parametrize("env", [{"": "x"}, {"A=B": "x"}, {"A\0": "x"}, {"A": "\0"}, {"A": "\ud800"}])
def test_an_invalid_variable_is_refused(env):
    with pytest.raises(sk.InvalidEnvironmentError, match="environment variable"):
        sk.create("a", env=env)
    assert control.live() == []


@pytest.mark.parametrize(
    ("env", "problem"),
    [([("A", "B")], "env must be a dict .*, not list"), ({"A": 1}, "environment variables must be str")],
)
def test_an_environment_of_another_type_is_refused(env, problem):
    with pytest.raises(TypeError, match=problem):
        sk.create(env=env)


@pytest.mark.parametrize("change", ["os.environ['A'] = '\\0'", "os.environ['A=B'] = 'x'", "os.putenv('', 'x')"])
def test_setting_an_invalid_variable_raises_a_value_error(private, change):
    private.exec(f"import os\ntry: {change}\nexcept ValueError: refused = True")
    assert private.get("refused")


def test_deleting_a_missing_variable_raises_a_key_error(private):
    with pytest.raises(sk.ExecutionFailed, match="KeyError: 'SUBINTERP_NOTHING'"):
        private.exec("import os; del os.environ['SUBINTERP_NOTHING']")
