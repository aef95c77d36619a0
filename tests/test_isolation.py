"""What is separate between interpreters, what the any-interpreter modules may import, and what own GILs refuse."""

from __future__ import annotations

import importlib.util
import pkgutil
import subprocess
import sys

import pytest

import subinterp_kernel as sk
import subinterp_kernel.inside

# The core wing and the inside wing; the notebook wing and the kernel's launcher live in main only.
EVERYWHERE = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(sk.__path__, "subinterp_kernel.")
    if not name.startswith(("subinterp_kernel.notebook", "subinterp_kernel.lib")) and not name.endswith("__main__")
)
# Those of the inside that come with the shell, at the first cell.
OF_THE_SHELL = {
    f"subinterp_kernel.inside.{name}"
    for name in ("coroutines", "display", "history", "magics", "queries", "shell", "stdin")
}
FOREIGN = {"zmq", "ipykernel", "tornado", "jupyter_client", "traitlets", "numpy", "rich", "IPython"}


def test_the_list_of_any_interpreter_modules_is_not_empty():
    assert {"subinterp_kernel.memory", "subinterp_kernel.registry", "subinterp_kernel.inside.shell"} <= set(EVERYWHERE)


@pytest.mark.parametrize("module", EVERYWHERE)
def test_module_imports_in_an_own_gil_interpreter(interpreter, module):
    interpreter.exec(f"import {module}, sys\nloaded = sorted({{name.partition('.')[0] for name in sys.modules}})")
    allowed = {"IPython", "traitlets"} if module in OF_THE_SHELL else set()
    assert FOREIGN & set(interpreter.get("loaded")) <= allowed


def test_importing_the_package_loads_next_to_nothing():
    code = "import sys, subinterp_kernel; print(sorted(n for n in sys.modules if n.startswith('subinterp_kernel')))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "['subinterp_kernel']\n"


def test_globals_builtins_and_modules_are_separate(interpreter):
    interpreter.exec("import builtins, json\nbuiltins.only_inside = 1\njson.only_inside = 1\nx = 'inside'")
    with sk.create("other") as other:
        other.exec("import json\nfound = ['only_inside' in dir(m) for m in (__builtins__, json)] + ['x' in globals()]")
        assert other.get("found") == [False, False, False]
    assert "only_inside" not in dir(__builtins__)


def test_the_main_thread_inside_is_the_interpreters_own(interpreter):
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
def test_the_usual_modules_import_inside(interpreter, module):
    interpreter.exec(f"import {module}, sys; loaded = {module!r} in sys.modules")
    assert interpreter.get("loaded")


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="NumPy is not installed")
def test_a_module_that_refuses_own_gils_says_so_and_harms_nothing(interpreter):
    with pytest.raises(sk.ExecutionFailed, match="does not support loading in subinterpreters"):
        interpreter.exec("import numpy")
    interpreter.exec("x = 1")


def test_a_shared_gil_loads_what_own_gils_refuse(run_python):
    code = (
        "import subinterp_kernel as sk\n"
        "for gil in ('own', 'shared'):\n"
        "    try: sk.create(gil=gil).exec('import readline'); print(gil, 'loads it')\n"
        "    except sk.ExecutionFailed as e: print(gil, e.excinfo.type.__name__)\n"
    )
    done = run_python(code)
    if "ModuleNotFoundError" in done.stdout:
        pytest.skip("this CPython was built without readline, the module that this is tried with")
    assert (done.returncode, done.stdout) == (0, "own ImportError\nshared loads it\n")


def test_fork_is_refused_inside_with_an_error(interpreter):
    if sys.platform == "win32":
        pytest.skip("Windows has no fork")
    with pytest.raises(sk.ExecutionFailed, match="fork not supported"):
        interpreter.exec("import os; os.fork()")


def test_subprocess_works_inside(interpreter):
    interpreter.exec(
        "import subprocess, sys\nout = subprocess.run([sys.executable, '-c', 'print(7)'], capture_output=True).stdout"
    )
    assert interpreter.get("out").strip() == b"7"


def test_an_interpreter_never_takes_a_module_for_its_own_that_it_has_not_imported(run_python):
    # Beyond 32 interpreters Cython keeps a sorted table for each extension, and used to look behind its end.
    code = (
        "import random, subinterp_kernel as sk\n"
        "order = random.Random(1)\n"
        "names = 'array atomic barrier condition elements lock queue_watch queues sync'.split()\n"
        "while sk.create().id < 40: sk.close_all()\n"
        "for _ in range(8):\n"
        "    interpreters = [sk.create() for _ in range(5)]\n"
        "    steps = [(interpreter, name) for name in names for interpreter in interpreters]\n"
        "    order.shuffle(steps)\n"
        "    for interpreter, name in steps: interpreter.exec(f'import subinterp_kernel._{name}')\n"
        "    order.shuffle(interpreters)\n"
        "    for interpreter in interpreters: interpreter.close()\n"
    )
    done = run_python(code, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")
