"""Methods of Interpreter: exec, call, prepare_main and close as in PEP 734; get, submit and reset."""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import threading

import pytest

import subinterp_kernel as sk


def test_exec_keeps_the_namespace(interpreter):
    interpreter.exec("x = 1")
    interpreter.exec("x += 1")
    assert interpreter.get("x") == 2


def test_exec_prints_to_the_callers_stdout_before_it_returns(interpreter):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        interpreter.exec("import sys\nprint('to out')\nprint('to err', file=sys.stderr)")
    assert (out.getvalue(), err.getvalue()) == ("to out\n", "to err\n")


def test_a_failed_exec_describes_the_exception(interpreter):
    with pytest.raises(sk.ExecutionFailed) as caught:
        interpreter.exec("kept = 1\ndef f():\n    return 1 / 0\nf()")
    info = caught.value.excinfo
    assert (info.type.__name__, info.type.__module__, info.msg) == ("ZeroDivisionError", "builtins", "division by zero")
    assert info.formatted == "ZeroDivisionError: division by zero"
    assert "line 4, in <module>\n    f()" in info.errdisplay
    assert "line 3, in f\n    return 1 / 0" in info.errdisplay
    assert interpreter.get("kept") == 1


def test_the_traceback_has_no_frames_of_this_package(interpreter):
    with pytest.raises(sk.ExecutionFailed) as caught:
        interpreter.exec("1 / 0")
    assert "subinterp_kernel" not in caught.value.excinfo.errdisplay
    assert "_inside.pyx" not in caught.value.excinfo.errdisplay


def test_a_later_failure_shows_the_source_of_an_earlier_exec(interpreter):
    interpreter.exec("def f():\n    raise LookupError('here')  # a remark")
    with pytest.raises(sk.ExecutionFailed) as caught:
        interpreter.exec("f()")
    assert "# a remark" in caught.value.excinfo.errdisplay


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("def", "SyntaxError"),
        ("\0", "SyntaxError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f(): f()\nf()", "RecursionError"),
        ("[0] * 10**15", "MemoryError"),
        ("raise ExceptionGroup('g', [ValueError(1), TypeError(2)])", "ExceptionGroup"),
        ("class E(Exception):\n  def __str__(self): 1 / 0\nraise E", "E"),
        ("x = '\ud800'; print(x); raise ValueError(x)", "UnicodeEncodeError"),
        ("import builtins\nfor n in list(vars(builtins)): delattr(builtins, n)\nprint()", "NameError"),
    ],
)
def test_every_failure_raises_execution_failed_and_leaves_the_interpreter_usable(interpreter, code, name):
    with pytest.raises(sk.ExecutionFailed) as caught:
        interpreter.exec(code)
    assert caught.value.excinfo.type.__name__ == name
    interpreter.reset()
    interpreter.exec("x = len([1, 2])")
    assert interpreter.get("x") == 2


def test_exec_refuses_what_is_not_code(interpreter):
    with pytest.raises(TypeError, match="source code as a str, a code object or a function, not int"):
        interpreter.exec(10)
    with pytest.raises(ValueError, match="without parameters"):
        interpreter.exec(lambda x: x)


def test_exec_runs_the_body_of_a_function_in_main(interpreter):
    def body():
        global result
        result = __name__

    interpreter.exec(body)
    assert interpreter.get("result") == "__main__"
    interpreter.exec(compile("result = 7", "cell", "exec"))
    assert interpreter.get("result") == 7


def test_call_copies_arguments_and_result(interpreter):
    data = {"a": [1, 2]}
    assert interpreter.call(dict.copy, data) == data
    assert interpreter.call(divmod, 7, b := 2) == (3, 1)
    assert b == 2


def test_call_sends_functions_of_the_main_module_by_value(run_python):
    done = run_python(
        "import subinterp_kernel as sk\n"
        "class Point:\n    def __init__(self, x): self.x = x\n    def twice(self): return Point(self.x * 2)\n"
        "def f(p): return p.twice()\n"
        "p = sk.create().call(f, Point(21))\n"
        "assert type(p) is Point and p.x == 42"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failed_call_raises(interpreter):
    with pytest.raises(sk.ExecutionFailed, match="ValueError: invalid literal"):
        interpreter.call(int, "x")


def test_an_error_names_what_cannot_be_sent(interpreter):
    with pytest.raises(sk.NotShareableError, match=r"variable 'lock' cannot cross.*cannot pickle"):
        interpreter.prepare_main(fine=1, lock=threading.Lock())
    with pytest.raises(KeyError):
        interpreter.get("fine")


def test_a_result_that_cannot_be_sent_raises(interpreter):
    interpreter.exec("import threading; lock = threading.Lock()")
    with pytest.raises(sk.NotShareableError, match="variable 'lock' cannot cross"):
        interpreter.get("lock")
    interpreter.exec("lock.acquire()")


def test_get_of_an_unknown_variable_raises_a_key_error(interpreter):
    with pytest.raises(KeyError, match="has no variable 'nothing'"):
        interpreter.get("nothing")


def test_prepare_main_binds_all(interpreter):
    interpreter.prepare_main({"a": 1}, b=[2], c="drei")
    assert [interpreter.get(name) for name in "abc"] == [1, [2], "drei"]


def test_prepare_main_refuses_invalid_names(interpreter):
    with pytest.raises(ValueError, match="'a b' is not a valid variable name"):
        interpreter.prepare_main({"a b": 1})


def test_submit_returns_a_future(interpreter):
    assert interpreter.submit(pow, 2, 10).result(60) == 1024
    with pytest.raises(sk.ExecutionFailed):
        interpreter.submit(int, "x").result(60)


def test_submitted_calls_run_in_order(interpreter):
    interpreter.exec("seen = []")
    futures = [interpreter.submit(exec, f"import __main__; __main__.seen.append({n})") for n in range(50)]
    concurrent.futures.wait(futures, 20)
    assert interpreter.get("seen") == list(range(50))


def test_a_callback_of_a_future_can_use_the_interpreter(interpreter):
    done = threading.Event()
    interpreter.submit(int).add_done_callback(lambda _future: (interpreter.exec("print('x')"), done.set()))
    assert done.wait(60)


def test_call_in_thread_returns_a_started_thread(interpreter):
    thread = interpreter.call_in_thread(exec, "import __main__; __main__.x = 5")
    thread.join(60)
    assert interpreter.get("x") == 5


def test_reset_clears_variables_and_restores_builtins(interpreter):
    interpreter.exec("x = 1\nimport builtins\nbuiltins.print = None\nbuiltins.extra = 1\ndel builtins.len")
    interpreter.reset()
    with pytest.raises(KeyError):
        interpreter.get("x")
    assert interpreter.call(eval, "len([callable(print)])") == 1
    assert interpreter.call(eval, "'extra' in dir(__import__('builtins'))") is False


def test_every_method_of_a_closed_interpreter_raises_a_clear_error():
    made = sk.create("a")
    made.close()
    for use in (lambda: made.exec("1"), lambda: made.call(int), lambda: made.get("x"), lambda: made.submit(int)):
        with pytest.raises(sk.ClosedError, match="interpreter 'a' is closed: create another one"):
            use()
    with pytest.raises(sk.ClosedError, match="is closed"):
        made.is_running()
    assert not made.interrupt()
    made.close()


def test_closing_fails_queued_requests():
    made = sk.create("a")
    busy = made.submit(exec, "import time; time.sleep(30)")
    while not made.is_running():
        assert not busy.done()
    waiting = made.submit(int)
    made.close()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        busy.result(60)
    with pytest.raises(sk.ClosedError, match="was closed before this request ran"):
        waiting.result(60)


def test_an_interpreter_cannot_close_or_wait_for_itself(interpreter):
    with pytest.raises(sk.ExecutionFailed, match="cannot close itself"):
        interpreter.exec("import subinterp_kernel as sk; sk.get_current().close()")
    with pytest.raises(sk.ExecutionFailed, match="cannot wait for itself"):
        interpreter.exec("sk.get_current().exec('1')")


def test_many_threads_can_use_one_interpreter(interpreter):
    interpreter.exec("n = 0")
    threads = [threading.Thread(target=lambda: [interpreter.exec("n += 1") for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert interpreter.get("n") == 800


def test_builtins_that_use_a_namespace_use_that_of_main(interpreter):
    interpreter.exec("x = 20")
    assert interpreter.call(eval, "x + 1") == 21
    interpreter.call(exec, "y = x")
    interpreter.submit(exec, "z = y").result(30)
    assert {"x", "y", "z"} < set(interpreter.call(dir))
    assert interpreter.call(globals)["z"] == 20
    assert interpreter.call(eval, "x", {"x": 3}) == 3


FUNCTIONS_WITH_GLOBALS = """
import subinterp_kernel as sk

count = 0

def increment(by=1):
    global count
    count += by

def current():
    return count

with sk.create() as interpreter:
    seen = [interpreter.call(current)]
    for by in (1, 3):
        interpreter.call(increment, by)
        seen.append(interpreter.call(current))
    count = 10
    seen.append(interpreter.call(current))
    interpreter.reset()
    seen += [interpreter.call(current), count, interpreter.call(eval, "'count' in vars()")]
    print(seen)
"""


def test_functions_of_main_keep_their_globals_between_calls(run_python):
    done = run_python(FUNCTIONS_WITH_GLOBALS)
    assert done.stdout == "[0, 1, 4, 10, 10, 10, False]\n", done.stderr


def test_prepare_main_takes_pairs_and_refuses_to_bind_nothing(interpreter):
    interpreter.prepare_main((("x", 1), ("y", 2)), z=3)
    assert interpreter.call(eval, "(x, y, z)") == (1, 2, 3)
    with pytest.raises(ValueError, match="at least one variable"):
        interpreter.prepare_main()
