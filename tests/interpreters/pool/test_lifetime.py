"""A pool from its first interpreter to its last: start, initializer, shutdown, faults, and the end of the process."""

from __future__ import annotations

import gc
import os
import sys

import conditions
import pytest

import subinterp_kernel as sk


def test_interpreters_start_when_they_are_needed_and_are_used_again():
    with sk.InterpreterPoolExecutor(3, "light") as pool:
        assert pool.interpreters == []
        for _ in range(5):
            pool.submit(abs, 1).result(60)
            conditions.until(lambda: not pool._engine._native.needs_worker())
        assert [interpreter.name for interpreter in pool.interpreters][:1] == ["light_0"]
        assert len(pool.interpreters) <= 2  # the one that has just ended a task may not be free again yet


def test_interpreters_of_a_pool_do_without_ipython():
    with sk.InterpreterPoolExecutor(1) as pool:
        assert "IPython" not in pool.submit(eval, "list(__import__('sys').modules)").result(60)


def test_all_interpreters_are_closed_at_the_end():
    with sk.InterpreterPoolExecutor(2) as pool:
        list(pool.map(abs, range(10)))
        interpreters = pool.interpreters
    assert [interpreter.state for interpreter in interpreters] == ["closed"] * len(interpreters)
    pool.shutdown()


def test_a_pool_that_is_shut_down_refuses_tasks():
    pool = sk.InterpreterPoolExecutor(1)
    pool.shutdown()
    for post in (pool.submit, pool.map):
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            post(abs, [1])


def test_shutdown_finishes_the_tasks_that_wait():
    with sk.InterpreterPoolExecutor(1) as pool:
        futures = [pool.submit(abs, -n) for n in range(100)]
    assert [future.result(0) for future in futures] == list(range(100))


def test_shutdown_can_cancel_the_tasks_that_wait():
    pool = sk.InterpreterPoolExecutor(1)
    go_on = sk.Event()
    running, waiting = pool.submit(go_on.wait, 60), pool.submit(abs, 1)
    conditions.until(running.running)
    pool.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    go_on.set()
    assert running.result(60) is True
    pool.shutdown()


def test_ctrl_c_in_a_with_block_stops_the_tasks():
    futures = []

    def submit_and_interrupt():
        with sk.InterpreterPoolExecutor(1) as pool:
            futures[:] = pool.submit(exec, "while True: pass"), pool.submit(abs, 1)
            conditions.until(futures[0].running)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submit_and_interrupt()
    running, waiting = futures
    assert waiting.cancelled()
    assert isinstance(running.exception(60), sk.ExecutionFailed)


def test_a_pool_that_nobody_refers_to_ends():
    pool = sk.InterpreterPoolExecutor(1)
    pool.submit(abs, 1).result(60)
    interpreters = pool.interpreters
    del pool
    gc.collect()
    conditions.until(lambda: interpreters[0].state == "closed")


def test_the_initializer_runs_first_in_each_interpreter():
    with sk.InterpreterPoolExecutor(2, initializer=setattr, initargs=(sys, "prepared", 5)) as pool:
        assert list(pool.map(getattr, [sys] * 20, ["prepared"] * 20)) == [5] * 20


def test_an_initializer_that_fails_breaks_the_pool():
    with sk.InterpreterPoolExecutor(2, initializer=int, initargs=("x",)) as pool:
        future = pool.submit(abs, 1)
        with pytest.raises(sk.BrokenInterpreterPool, match="the initializer of the pool failed: ValueError: invalid"):
            future.result(60)
        with pytest.raises(sk.BrokenInterpreterPool, match="the initializer of the pool failed"):
            pool.submit(abs, 1)


def test_an_initializer_must_be_callable_and_the_number_of_interpreters_positive():
    with pytest.raises(TypeError, match="initializer must be a callable"):
        sk.InterpreterPoolExecutor(1, initializer=5)
    with pytest.raises(ValueError, match="max_workers must be greater than 0, not 0"):
        sk.InterpreterPoolExecutor(0)


def test_closing_an_interpreter_breaks_its_pool_and_fails_what_waits():
    with sk.InterpreterPoolExecutor(1) as pool:
        running, waiting = pool.submit(exec, "while True: pass"), pool.submit(abs, 1)
        conditions.until(running.running)
        pool.interpreters[0].close()
        for future in (running, waiting):
            assert isinstance(future.exception(60), sk.BrokenInterpreterPool | sk.ExecutionFailed)
        with pytest.raises(sk.BrokenInterpreterPool):
            conditions.until(lambda: pool.submit(abs, 1) and False, 60)


def test_closing_an_idle_interpreter_breaks_its_pool():
    with sk.InterpreterPoolExecutor(1) as pool:
        pool.submit(abs, 1).result(60)
        pool.interpreters[0].close()
        conditions.until(lambda: pool._engine._broken)
        with pytest.raises(sk.BrokenInterpreterPool, match="an interpreter of the pool has ended"):
            pool.submit(abs, 1)


def test_a_pool_inside_an_interpreter_is_refused(interpreter):
    with pytest.raises(sk.ExecutionFailed, match="can be made in the main interpreter only"):
        interpreter.exec("import subinterp_kernel as sk\nsk.InterpreterPoolExecutor()")


def test_tasks_that_were_submitted_are_finished_when_the_process_ends(run_python):
    done = run_python(
        "import subinterp_kernel as sk\n"
        "pool = sk.InterpreterPoolExecutor(2)\n"
        "for n in range(20): pool.submit(print, 'x')\n"
    )
    # Two interpreters print at the same time: the ends of their lines may come together.
    assert (done.returncode, done.stdout.count("x"), done.stderr) == (0, 20, "")


def test_a_forked_child_is_told_to_make_a_pool_of_its_own(run_python):
    done = run_python(
        "import os, subinterp_kernel as sk\n"
        "pool = sk.InterpreterPoolExecutor(1)\n"
        "pool.submit(abs, 1).result()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try: pool.submit(abs, 1)\n"
        "    except sk.ClosedError as error: print(error, flush=True)\n"
        "    os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])\n"
    )
    assert done.stdout == "this pool belongs to the parent process: make another one after the fork\n0\n"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not tell its processors")
def test_there_are_as_many_interpreters_as_processors():
    with sk.InterpreterPoolExecutor() as pool:
        assert repr(pool) == f"<InterpreterPoolExecutor of {os.process_cpu_count()} interpreters, 0 tasks>"
