"""Threads, libraries and static objects of extension modules that are loaded from private copies."""

from __future__ import annotations

import threading

from extension_build import SUFFIX, build

import subinterp_kernel as sk

CALL_BACK = """
import threads
calls = []
for _ in range(20):
    assert threads.in_threads(lambda *call: calls.append(call), 8) == 8
"""


def test_a_thread_of_c_code_calls_back_into_its_interpreter(two):
    two[0].exec(CALL_BACK)
    assert two[0].call(eval, "calls") == [(two[0].id, 1)] * 160


def test_threads_of_c_code_in_two_interpreters_and_main_at_once(two):
    def work():
        while not stop.is_set():
            sum(range(1000))

    stop = threading.Event()
    main = threading.Thread(target=work)
    main.start()
    try:
        futures = [interpreter.submit(exec, CALL_BACK + "result = calls") for interpreter in two]
        for future in futures:
            future.result(120)
    finally:
        stop.set()
        main.join()
    for interpreter in two:
        interpreter.exec(CALL_BACK)
        assert set(interpreter.call(eval, "calls")) == {(interpreter.id, 1)}


def test_a_call_back_in_a_thread_of_python(two):
    two[0].exec(
        "import threads, threading\ncalls = []\n"
        "def work():\n    threads.here(lambda *call: calls.append(call))\n"
        "work()\nthread = threading.Thread(target=work)\nthread.start()\nthread.join()"
    )
    assert two[0].call(eval, "calls") == [(two[0].id, 1)] * 4


def test_an_exception_of_a_call_back_leaves_the_thread_state_usable(two):
    two[0].exec(
        "import sys, threads\nseen = []\nsys.unraisablehook = lambda info: seen.append(info.exc_type.__name__)\n"
        "threads.in_threads(lambda *call: 1 / 0, 4)"
    )
    assert two[0].call(eval, "seen") == ["ZeroDivisionError"] * 4
    assert two[0].call(eval, "2 + 2") == 4


def test_a_library_beside_a_module_that_keeps_an_object_is_private(two):
    for number, interpreter in enumerate(two):
        interpreter.exec(f"import library_user\nbefore = library_user.keep(['of', {number}])")
    assert [interpreter.call(eval, "before") for interpreter in two] == [None, None]
    kept = [interpreter.call(eval, "library_user.keep(None)") for interpreter in two]
    assert kept == [["of", 0], ["of", 1]]


def test_the_private_library_has_a_name_of_its_own(two):
    mapped = "{line.split('/')[-1] for line in open('/proc/self/maps') if 'python.so' in line}"
    for interpreter in two:
        interpreter.exec("import library_user")
    assert len(two[0].call(eval, mapped)) >= 1


def test_a_static_object_is_constructed_in_each_interpreter(two):
    for interpreter in two:
        interpreter.exec("import static_object")
        assert [interpreter.call(eval, "static_object.hold(object())") for _ in range(2)] == [7, 8]


EXIT = """
import subinterp_kernel as sk
import sys
for close in (True, False):
    interpreter = sk.create(path=[sys.argv[1]])
    interpreter.exec("import static_object; static_object.hold(['a list'])")
    if close:
        interpreter.close()
print("end")
"""


def test_no_destructor_uses_an_object_of_an_interpreter_that_has_ended(stdout_of, samples):
    assert stdout_of(EXIT, str(samples)) == "end\n"


def test_an_ended_interpreter_leaves_its_copies_to_the_next(samples):
    def use(interpreter):
        interpreter.exec("import single_phase, none, static_object, library_user")
        return interpreter.call(
            eval,
            "(single_phase.increment(), none.increment(), static_object.hold([]), library_user.keep([]))",
        ), interpreter.call(eval, "(single_phase.address(), none.address())")

    seen = []
    for _ in range(3):
        with sk.create(path=[samples]) as interpreter:
            seen.append(use(interpreter))
    assert [values for values, _ in seen] == [(1, 2, 7, None)] * 3
    assert len({addresses for _, addresses in seen}) == 1


def mapped(name):
    """Return how many parts of a module's copies are mapped in this process."""
    with open("/proc/self/maps") as maps:
        return sum(name in line and "(deleted)" in line for line in maps)


def use_twice(samples, code):
    """Run code in two interpreters, one after the other; return what is mapped of both, and where a variable is."""
    seen = []
    for _ in range(2):
        with sk.create(path=[samples]) as interpreter:
            interpreter.exec(code)
            calls = interpreter.call(eval, "calls")
            assert set(calls) == {(interpreter.id, 1)}
            seen.append((interpreter.call(eval, "none.address()"), mapped("threads.")))
    return seen


CALL_HERE = """
import none, threads
calls = []
threads.here(lambda *call: calls.append(call))
"""


def test_a_copy_that_can_start_threads_and_did_not_is_used_again(samples):
    first, second = use_twice(samples, CALL_HERE)
    assert first == second


def test_only_copies_that_have_started_threads_are_not_used_again(samples):
    first, second = use_twice(samples, "import none\n" + CALL_BACK)
    assert first[0] == second[0]
    assert first[1] < second[1]


def test_a_library_that_is_called_by_threads_of_another_one_is_not_used_again(samples, tmp_path):
    starter = build(
        "thread_starter.c", tmp_path / "libs" / "libsample_starter.so", "-pthread", "-Wl,-soname,libsample_starter.so"
    )
    folder, origin = f"-L{starter.parent}", "-Wl,-rpath,$ORIGIN"
    needs = (folder, "-Wl,--no-as-needed", "-lsample_starter", origin)
    build("library.c", starter.parent / "libsample_python.so", "-Wl,-soname,libsample_python.so", link=needs)
    link = (folder, "-lsample_python", f"{origin}/libs", f"-Wl,-rpath-link,{starter.parent}")
    build("library_user.c", tmp_path / f"library_user{SUFFIX}", link=link)
    seen = []
    for _ in range(2):
        with sk.create(path=[tmp_path, samples]) as interpreter:
            interpreter.exec("import none, library_user\nbefore = library_user.keep([])")
            assert interpreter.call(eval, "before") is None
            seen.append((interpreter.call(eval, "none.address()"), mapped("library_user")))
    assert seen[0][0] == seen[1][0]
    assert seen[0][1] < seen[1][1]
