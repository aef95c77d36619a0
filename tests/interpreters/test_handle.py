"""Handles: identity, state, and the way to another interpreter."""

from __future__ import annotations

import subinterp_kernel as sk


def test_is_running_while_code_runs(interpreter):
    assert not interpreter.is_running()
    interpreter.prepare_main(block=sk.SharedBlock(1))
    block = interpreter.get("block")
    interpreter.exec("view = memoryview(block)")
    future = interpreter.submit(exec, "import __main__, time\nwhile not __main__.view[0]: time.sleep(0.001)")
    while not interpreter.is_running():
        assert not future.done()
    memoryview(block)[0] = 1
    future.result(60)
    assert not interpreter.is_running()


def test_handles_of_the_same_interpreter_are_equal_and_have_one_hash(interpreter):
    assert {interpreter, sk.get("fixture")} == {interpreter}
    assert interpreter != sk.get_main()


def test_a_handle_can_be_passed_to_another_interpreter(interpreter):
    with sk.create("second") as second:
        assert second.call(lambda handle: (handle.name, handle.call(pow, 2, 5)), interpreter) == ("fixture", 32)
        assert second.call(sk.get_current) == second
    assert interpreter.call(sk.get_main) == sk.get_main()


def test_repr_shows_the_name(interpreter):
    assert repr(interpreter) == f"<Interpreter 'fixture' (id {interpreter.id}, idle)>"


def test_there_is_one_handle_of_each_interpreter(interpreter):
    assert sk.get("fixture") is interpreter
    assert sk.get(interpreter.id) is interpreter
    assert hash(interpreter) == hash(interpreter.id)
    assert sk.get_main() is sk.get_current()
    assert (sk.get_main().whence, interpreter.whence) == ("runtime init", "C-API")
