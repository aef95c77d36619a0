"""The state that interpreters do not share, and the modules that can and cannot be imported with an own GIL."""

from __future__ import annotations

import importlib.util
import pkgutil
import subprocess
import sys

import pytest

import subinterp_kernel as sk
import subinterp_kernel.worker

# All packages except notebook, which like __main__ is for the main interpreter only, and those for other libraries.
EXCEPTED = ("subinterp_kernel.notebook", "subinterp_kernel.integrations.", "subinterp_kernel.bindings.lib")
EVERYWHERE = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(sk.__path__, "subinterp_kernel.")
    if not name.startswith(EXCEPTED) and not name.endswith("__main__")
)
# Modules of the worker that are imported with the shell, at the first cell.
OF_THE_SHELL = {
    f"subinterp_kernel.worker.{name}"
    for name in ("asyncio_loop", "display", "history", "input_transforms", "introspection", "magics", "shell", "stdin")
}
FOREIGN = {"zmq", "ipykernel", "tornado", "jupyter_client", "traitlets", "numpy", "rich", "IPython"}


def test_the_list_of_any_interpreter_modules_is_not_empty():
    assert {
        "subinterp_kernel.shared.memory",
        "subinterp_kernel.interpreters.registry",
        "subinterp_kernel.worker.shell",
    } <= set(EVERYWHERE)


@pytest.mark.parametrize("module", EVERYWHERE)
def test_module_imports_in_an_own_gil_interpreter(interpreter, module):
    interpreter.exec(f"import {module}, sys\nloaded = sorted({{name.partition('.')[0] for name in sys.modules}})")
    allowed = {"IPython", "traitlets"} if module in OF_THE_SHELL else set()
    assert FOREIGN & set(interpreter.get("loaded")) <= allowed


def test_importing_the_package_imports_few_modules():
    code = "import sys, subinterp_kernel; print(sorted(n for n in sys.modules if n.startswith('subinterp_kernel')))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "['subinterp_kernel']\n"


def test_globals_builtins_and_modules_are_separate(interpreter):
    interpreter.exec("import builtins, json\nbuiltins.only_inside = 1\njson.only_inside = 1\nx = 'inside'")
    with sk.create("other") as other:
        other.exec("import json\nfound = ['only_inside' in dir(m) for m in (__builtins__, json)] + ['x' in globals()]")
        assert other.get("found") == [False, False, False]
    assert "only_inside" not in dir(__builtins__)


def test_main_thread_is_the_interpreters_own_thread(interpreter):
    interpreter.exec("import threading\nsame = threading.current_thread() is threading.main_thread()")
    assert interpreter.get("same") is True
    assert interpreter.call(eval, "len(__import__('threading').enumerate())") == 1


@pytest.mark.parametrize(
    "module",
    [
        "asyncio",
        "array",
        "ctypes",
        "datetime",
        "decimal",
        "hashlib",
        "json",
        "mmap",
        "re",
        "sqlite3",
        "ssl",
        "subprocess",
        "zlib",
    ],
)
def test_common_modules_can_be_imported(interpreter, module):
    interpreter.exec(f"import {module}, sys; loaded = {module!r} in sys.modules")
    assert interpreter.get("loaded")


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="NumPy is not installed")
def test_an_unsupported_module_raises_an_import_error_under_the_strict_policy():
    with sk.create(extensions="strict") as interpreter:
        with pytest.raises(sk.ExecutionFailed, match="does not support loading in subinterpreters"):
            interpreter.exec("import numpy")
        interpreter.exec("x = 1")


def test_an_unsupported_module_can_be_imported_with_a_shared_gil(run_python):
    code = (
        "import subinterp_kernel as sk\n"
        "for gil in ('own', 'shared'):\n"
        "    try: sk.create(gil=gil, extensions='strict').exec('import readline'); print(gil, 'loads it')\n"
        "    except sk.ExecutionFailed as e: print(gil, e.excinfo.type.__name__)\n"
    )
    done = run_python(code)
    if "ModuleNotFoundError" in done.stdout:
        pytest.skip("this CPython was built without readline, the module that this is tried with")
    assert (done.returncode, done.stdout) == (0, "own ImportError\nshared loads it\n")


def test_fork_raises(interpreter):
    if sys.platform == "win32":
        pytest.skip("Windows has no fork")
    with pytest.raises(sk.ExecutionFailed, match="fork not supported"):
        interpreter.exec("import os; os.fork()")


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows exec starts another process")
@pytest.mark.parametrize(
    "call", ["execv('/bin/true', ['true'])", "execve('/bin/true', ['true'], {})", "execlp('true', 'true')"]
)
def test_exec_raises_instead_of_replacing_the_process(run_python, call):
    done = run_python(
        "import subinterp_kernel as sk\n"
        f'try: sk.create().exec("import os; os.{call}")\n'
        "except sk.ExecutionFailed as e: print(e.excinfo.msg)\n"
    )
    assert (done.returncode, done.stdout) == (0, "exec not supported for isolated subinterpreters\n")


STARTING_A_PROCESS = {
    "run": "import subprocess; subprocess.run(['true'], check=True)",
    "shell": "import subprocess; subprocess.run('exit 0', shell=True, check=True)",
    "new session": "import subprocess; subprocess.run(['true'], start_new_session=True, check=True)",
    "passed descriptor": "import os, subprocess; subprocess.run(['true'], pass_fds=os.pipe(), check=True)",
    "os.system": "import os; assert os.system('exit 0') == 0",
    "posix_spawn": "import os; assert os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)[1] == 0",
    "asyncio": "import asyncio\nasync def f(): return await (await asyncio.create_subprocess_exec('true')).wait()\n"
    "assert asyncio.run(f()) == 0",
}


@pytest.mark.skipif(sys.platform == "win32", reason="starts programs of POSIX systems")
@pytest.mark.parametrize("code", STARTING_A_PROCESS.values(), ids=STARTING_A_PROCESS.keys())
def test_processes_can_be_started(interpreter, code):
    interpreter.exec(code)


def test_subprocess_works(interpreter):
    interpreter.exec(
        "import subprocess, sys\nout = subprocess.run([sys.executable, '-c', 'print(7)'], capture_output=True).stdout"
    )
    assert interpreter.get("out").strip() == b"7"


def test_module_objects_are_separate_beyond_32_interpreters(run_python):
    # Beyond 32 interpreters Cython searches a sorted table per extension, and used to read past its end.
    code = (
        "import random, subinterp_kernel as sk\n"
        "order = random.Random(1)\n"
        "names = 'array atomic barrier condition elements lock queue_watch queues sync'.split()\n"
        "while sk.create().id < 40: sk.close_all()\n"
        "for _ in range(8):\n"
        "    interpreters = [sk.create() for _ in range(5)]\n"
        "    steps = [(interpreter, name) for name in names for interpreter in interpreters]\n"
        "    order.shuffle(steps)\n"
        "    for interpreter, name in steps: interpreter.exec(f'import subinterp_kernel.bindings._{name}')\n"
        "    order.shuffle(interpreters)\n"
        "    for interpreter in interpreters: interpreter.close()\n"
    )
    done = run_python(code)
    assert (done.returncode, done.stderr) == (0, "")
