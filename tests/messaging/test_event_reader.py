"""The event reader: user code does not run on it, and nothing that user code does ends it."""

from __future__ import annotations

import io
import sys
import threading

import pytest

import subinterp_kernel as sk


@pytest.fixture
def interpreters():
    with sk.create("one") as one, sk.create("two") as two:
        yield one, two


def test_callbacks_run_on_a_thread_of_their_own(interpreters):
    ran_on = []
    called = threading.Event()
    future = interpreters[0].submit(abs, -1)
    future.add_done_callback(lambda _: (ran_on.append(threading.current_thread().name), called.set()))
    assert future.result(60) == 1
    assert called.wait(60)
    assert ran_on in (["subinterp callbacks"], ["MainThread"])  # the latter if the future was done already


def test_a_callback_that_blocks_does_not_delay_another_interpreter(interpreters):
    go_on, began = threading.Event(), threading.Event()
    blocked = interpreters[0].submit(__import__, "time")

    def block(_future):
        began.set()
        go_on.wait(60)

    threading.Thread(target=blocked.add_done_callback, args=(block,)).start()
    assert began.wait(60)
    assert interpreters[1].submit(pow, 2, 5).result(60) == 32
    interpreters[1].exec("print('x' * 10)")
    go_on.set()


def test_a_callback_may_run_code_with_more_output_than_a_mailbox_holds(interpreters):
    done = threading.Event()
    one, _ = interpreters

    def print_much(_future):
        one.exec("print('x' * 3_000_000, end='')")
        done.set()

    sys.stdout, original = io.StringIO(), sys.stdout
    try:
        started = one.submit(__import__("time").sleep, 0.1)
        started.add_done_callback(print_much)
        assert done.wait(60)
        text = sys.stdout.getvalue()
    finally:
        sys.stdout = original
    assert len(text) == 3_000_000


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError])
def test_a_stream_of_main_that_raises_does_not_end_the_reader(interpreters, error):
    class Broken(io.StringIO):
        def write(self, _text):
            raise error

    sys.stdout, original = Broken(), sys.stdout
    try:
        interpreters[0].exec("print('lost')")
    finally:
        sys.stdout = original
    assert interpreters[0].submit(abs, -2).result(60) == 2


@pytest.mark.parametrize("error", ["SystemExit(3)", "KeyboardInterrupt()", "ValueError('no')"])
def test_a_result_whose_unpickling_raises_is_the_exception_of_its_future(interpreters, error):
    code = f"class Odd:\n    def __reduce__(self): return eval, ({f'(_ for _ in ()).throw({error})'!r},)\nodd = Odd()"
    interpreters[0].exec(code)
    future = interpreters[0].submit(eval, "__import__('__main__').odd")
    assert type(future.exception(60)).__name__ == error.partition("(")[0]
    assert interpreters[0].submit(abs, -3).result(60) == 3


def test_a_callback_that_raises_does_not_keep_later_callbacks_from_running(interpreters, caplog):
    called = threading.Event()

    def leave(_future):
        raise SystemExit

    first = interpreters[0].submit(__import__("time").sleep, 0.1)
    first.add_done_callback(leave)
    second = interpreters[0].submit(abs, -4)
    second.add_done_callback(lambda _: called.set())
    assert called.wait(60)
    assert second.result(60) == 4
    assert "a callback failed" in caplog.text
