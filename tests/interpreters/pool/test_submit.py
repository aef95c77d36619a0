"""Single tasks: their functions, arguments, results, exceptions, and how they are cancelled and interrupted."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import operator
import threading

import conditions
import pytest

import subinterp_kernel as sk


@pytest.fixture
def pool():
    with sk.InterpreterPoolExecutor(2) as executor:
        yield executor


@pytest.fixture
def one():
    """A pool of one interpreter, whose task can be kept waiting by an event."""
    with sk.InterpreterPoolExecutor(1) as executor:
        yield executor


def in_main(source, **variables):
    """Define what the source defines, as if it had been typed in a notebook."""
    namespace = {"__name__": "__main__", **variables}
    exec(source, namespace)
    return namespace


def test_a_function_is_called_with_its_arguments(pool):
    assert pool.submit(divmod, 17, 5).result(60) == (3, 2)
    assert pool.submit(int, "ff", base=16).result(60) == 255


def test_a_task_runs_in_an_interpreter_of_the_pool(pool):
    assert pool.submit(sk.get_current).result(60) in pool.interpreters


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x): return x + 1", 6),
        ("f = lambda x: x + 1", 6),
        ("import math\ndef f(x): return math.gcd(x, 10)", 5),
        ("k = 7\ndef f(x): return x + k", 12),
        ("def g(x): return x * 2\ndef f(x): return g(x)", 10),
        ("def make(k):\n    def f(x): return x + k\n    return f\nf = make(3)", 8),
        ("class C:\n    def __init__(self, k): self.k = k\n    def add(self, x): return x + self.k\nf = C(4).add", 9),
        ("class C:\n    @staticmethod\n    def f(x): return -x\nf = C.f", -5),
        ("import functools\ndef add(a, b): return a + b\nf = functools.partial(add, 10)", 15),
        ("class C:\n    def __call__(self, x): return [x]\nf = C()", [5]),
    ],
    ids=["function", "lambda", "module", "variable", "function it calls", "closure", "method", "static method",
         "partial", "callable object"],
)  # fmt: skip
def test_what_was_typed_in_a_notebook_can_be_called(pool, source, expected):
    assert pool.submit(in_main(source)["f"], 5).result(60) == expected


def test_a_function_sees_the_variables_as_they_are_when_it_is_submitted(one):
    namespace = in_main("def f(): return k", k=1)
    assert one.submit(namespace["f"]).result(60) == 1
    namespace["k"] = 2
    assert one.submit(namespace["f"]).result(60) == 2


def test_an_instance_of_a_class_of_the_notebook_comes_back_as_one(pool):
    point = in_main("class Point:\n    def __init__(self, x): self.x = x")["Point"]
    result = pool.submit(operator.pos, 1) and pool.submit(functools.partial(point, 3)).result(60)
    assert type(result) is point
    assert result.x == 3


def test_an_exception_arrives_as_itself_with_the_traceback_as_its_cause(pool):
    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        pool.submit(operator.truediv, 1, 0).result(60)
    assert isinstance(caught.value.__cause__, sk.ExecutionFailed)
    failing = in_main("def inner(): raise ValueError('x')\ndef f(): inner()")["f"]
    error = pool.submit(failing).exception(60)
    assert "in inner" in error.__cause__.excinfo.errdisplay


def test_an_exception_of_a_class_of_the_notebook_can_be_caught_by_its_class(pool):
    namespace = in_main("class Odd(Exception): pass\ndef f(): raise Odd(5)")
    with pytest.raises(namespace["Odd"], match="5"):
        pool.submit(namespace["f"]).result(60)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys\ndef f(): sys.exit(3)", "SystemExit: 3"),
        ("import threading\nclass E(Exception): lock = property()\n"
         "def f():\n    e = E('no pickle'); e.x = threading.Lock(); raise e", "E: no pickle"),
    ],
    ids=["exit", "no pickle"],
)  # fmt: skip
def test_what_cannot_be_raised_here_is_execution_failed(pool, source, message):
    with pytest.raises(sk.ExecutionFailed, match=message):
        pool.submit(in_main(source)["f"]).result(60)
    assert pool.submit(abs, -1).result(60) == 1


def test_a_function_that_cannot_cross_is_refused_at_once(pool):
    with pytest.raises(sk.NotShareableError, match=r"the function .* cannot cross"):
        pool.submit(threading.Lock().acquire)
    with pytest.raises(sk.NotShareableError, match="an argument cannot cross"):
        pool.submit(abs, threading.Lock())


def test_a_result_that_cannot_cross_is_said_to_be_one(pool):
    with pytest.raises(sk.NotShareableError, match="the result cannot cross"):
        pool.submit(in_main("import threading\ndef f(): return threading.Lock()")["f"]).result(60)


def test_shared_objects_cross_by_reference(pool):
    counter = sk.AtomicInt(0)
    concurrent.futures.wait([pool.submit(counter.fetch_add, 1) for _ in range(20)], 60)
    assert counter.load() == 20


def test_a_task_that_no_interpreter_has_taken_can_be_cancelled(one):
    go_on = sk.Event()
    running = one.submit(go_on.wait, 60)
    waiting = one.submit(abs, 1)
    conditions.until(running.running)
    assert not running.cancel()
    assert not waiting.running()
    assert waiting.cancel()
    assert waiting.cancelled()
    assert concurrent.futures.wait([waiting], 60).done == {waiting}
    go_on.set()
    assert running.result(60) is True


def test_a_task_can_be_interrupted(one):
    endless = one.submit(in_main("def f():\n    while True: pass")["f"])
    conditions.until(endless.running)
    assert not endless.interrupt()
    with pytest.raises(sk.ExecutionFailed, match="KeyboardInterrupt"):
        endless.result(60)
    assert one.submit(abs, -1).result(60) == 1


def test_as_completed_wait_and_callbacks_work(pool):
    futures = [pool.submit(pow, n, 2) for n in range(10)]
    called = []
    for future in futures:
        future.add_done_callback(lambda done: called.append(done.result()))
    assert sorted(done.result() for done in concurrent.futures.as_completed(futures, 60)) == [n * n for n in range(10)]
    conditions.until(lambda: len(called) == 10)


def test_asyncio_waits_for_tasks(pool):
    async def run():
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            asyncio.wrap_future(pool.submit(abs, -1)), loop.run_in_executor(pool, operator.add, 1, 2)
        )

    assert asyncio.run(run()) == [1, 3]


def test_what_a_task_prints_is_shown_before_its_result(one, capfd):
    for n in range(20):
        one.submit(print, n).result(60)
        assert capfd.readouterr().out == f"{n}\n"


def test_tasks_run_in_the_order_in_which_they_were_submitted(one):
    queue = sk.Queue()
    for n in range(50):
        one.submit(queue.put, n)
    assert [queue.get(timeout=60) for _ in range(50)] == list(range(50))


def test_no_interpreter_waits_while_a_task_does(pool):
    barrier = sk.Barrier(2)
    for _ in range(20):
        futures = [pool.submit(barrier.wait, 60) for _ in range(2)]
        assert {future.result(60) for future in futures} == {0, 1}
