"""What a new interpreter imports, and when: little before its first request, and all it needs before user code runs."""

from __future__ import annotations

import pytest

import subinterp_kernel as sk

# Modules that take long to import, or import many others.
HEAVY = {"typing", "re", "enum", "inspect", "tempfile", "shutil", "random", "lzma", "sysconfig", "ast", "pickle"}


def test_an_interpreter_without_requests_imports_few_modules(stdout_of):
    names = stdout_of(
        "import sys; before = set(sys.modules); import subinterp_kernel.worker.loop\n"
        "print(*sorted(sys.modules.keys() - before))"
    ).split()
    assert len(names) <= 15
    assert not {*HEAVY, "collections", "threading"} & set(names)


def test_the_first_request_imports_no_heavy_modules(interpreter):
    interpreter.exec("import sys; names = sorted(sys.modules)")
    assert not HEAVY & set(interpreter.get("names"))
    assert not HEAVY & set(interpreter.call(eval, "sorted(__import__('sys').modules)"))


def test_the_first_task_of_a_pool_imports_no_heavy_modules():
    with sk.InterpreterPoolExecutor(1) as pool:
        assert not HEAVY & set(pool.submit(eval, "sorted(__import__('sys').modules)").result(60))


def test_what_later_requests_need_is_imported_before_user_code_runs(interpreter):
    interpreter.exec(
        "import builtins, sys\nsys.path.clear(); sys.meta_path.clear(); sys.path_hooks.clear()\n"
        "del builtins.__build_class__, builtins.open, builtins.len"
    )
    assert interpreter.call(divmod, 7, 2) == (3, 1)
    interpreter.prepare_main(x=[1, {"two": 2}])
    assert interpreter.get("x") == [1, {"two": 2}]
    with pytest.raises(sk.ExecutionFailed, match="ZeroDivisionError"):
        interpreter.exec("1 / 0")


def test_an_interpreter_that_nothing_was_asked_of_can_be_closed(stdout_of):
    code = "import subinterp_kernel as sk\nfor _ in range(5): sk.create().close()\nprint(sk.list_all()[1:])"
    assert stdout_of(code) == "[]\n"


def test_a_first_request_that_cannot_be_prepared_says_why(run_python, tmp_path):
    (tmp_path / "contextlib.py").write_text("raise RuntimeError('a broken contextlib')")
    done = run_python(
        "import sys, subinterp_kernel as sk\nsk.create().close()\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\nmade = sk.create('a')\n"
        "for _ in range(2):\n"
        "    try: made.exec('x = 1')\n"
        "    except sk.ExecutionFailed as error: print(error.excinfo.formatted)\n"
        "made.close()\nprint(made.state)"
    )
    line = "RuntimeError: this interpreter could not be prepared: a broken contextlib\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{line}{line}closed\n", "")
