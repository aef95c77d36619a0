"""Maps: order, laziness, chunks, errors, and what an early end leaves behind."""

from __future__ import annotations

import functools
import itertools
import operator

import conditions
import pytest

import subinterp_kernel as sk


@pytest.fixture
def pool():
    with sk.InterpreterPoolExecutor(2) as executor:
        yield executor


def in_main(source):
    namespace = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace["f"]


@pytest.mark.parametrize("chunksize", [1, 7, 1000])
@pytest.mark.parametrize("buffersize", [None, 1, 10])
def test_results_come_in_the_order_of_the_arguments(pool, chunksize, buffersize):
    results = pool.map(operator.neg, range(100), chunksize=chunksize, buffersize=buffersize)
    assert list(results) == [-n for n in range(100)]


def test_the_shortest_iterable_ends_the_map(pool):
    assert list(pool.map(operator.add, [1, 2, 3], (10, 20))) == [11, 22]
    assert list(pool.map(abs, [])) == []


def test_endless_arguments_need_a_buffersize(pool):
    results = pool.map(operator.mul, itertools.count(), itertools.repeat(3), buffersize=4)
    assert list(itertools.islice(results, 5)) == [0, 3, 6, 9, 12]
    assert len(results) == 4
    results.close()


def test_a_constant_argument_crosses_once(pool):
    class Counted:
        times = 0

        def __reduce__(self):
            Counted.times += 1
            return int, (5,)

    assert list(pool.map(pow, range(4), itertools.repeat(2), itertools.repeat(Counted()))) == [0, 1, 4, 4]
    assert Counted.times == 1


@pytest.mark.parametrize("options", [{"chunksize": 0}, {"chunksize": -1}, {"buffersize": 0}])
def test_sizes_below_one_are_refused(pool, options):
    with pytest.raises(ValueError, match="must be"):
        pool.map(abs, [1], **options)


def test_an_exception_comes_in_its_place_and_ends_the_map(pool):
    results = pool.map(operator.truediv, [4, 2, 1], [2, 0, 1])
    assert next(results) == 2.0
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(results) == []


def test_an_exception_of_the_arguments_withdraws_the_tasks_that_wait(pool):
    def arguments():
        yield from range(100)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        pool.map(abs, arguments())
    conditions.until(lambda: not pool._engine.outstanding)


def test_a_result_that_is_not_there_in_time_is_a_timeout(pool):
    go_on = sk.Event()
    results = pool.map(go_on.wait, [60], timeout=0.05)
    with pytest.raises(TimeoutError):
        next(results)
    go_on.set()


def test_closing_withdraws_what_no_interpreter_has_taken(pool):
    go_on, counter = sk.Event(), sk.AtomicInt(0)
    blocked = [pool.submit(go_on.wait, 60) for _ in range(2)]
    conditions.until(lambda: all(future.running() for future in blocked))
    results = pool.map(counter.fetch_add, [1] * 100)
    results.close()
    go_on.set()
    assert [future.result(60) for future in blocked] == [True, True]
    assert counter.load() == 0


def test_an_interrupt_while_a_map_waits_stops_its_tasks(pool, monkeypatch):
    results = pool.map(in_main("def f(n):\n    while n: pass"), [0, 1, 1, 1])
    assert next(results) is None
    conditions.until(lambda: results._tasks[0].taken() and results._tasks[1].taken())

    def interrupted(timeout=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(results._condition, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(results)
    conditions.until(lambda: not pool._engine.outstanding)


def test_many_tasks_with_a_slow_consumer_are_bounded_by_the_buffersize(pool):
    taken = 0

    def arguments():
        nonlocal taken
        for n in range(10**6):
            taken += 1
            yield n

    results = pool.map(operator.neg, arguments(), buffersize=100)
    assert [next(results) for _ in range(50)] == [-n for n in range(50)]
    assert taken == 150
    results.close()


def test_a_function_of_the_notebook_is_sent_once_to_each_interpreter(pool):
    loads = sk.AtomicInt(0)

    class Function:
        def __init__(self, counter):
            self.counter = counter

        def __setstate__(self, state):
            self.__dict__.update(state)
            self.counter.fetch_add(1)

        def __call__(self, n):
            return n

    assert list(pool.map(Function(loads), range(200))) == list(range(200))
    assert loads.load() <= 2


def test_what_a_function_holds_is_released_after_the_map():
    with sk.InterpreterPoolExecutor(1) as one:
        assert list(one.map(functools.partial(operator.getitem, sk.SharedArray(1000)), [0, 1])) == [0.0, 0.0]
        one.submit(abs, 1).result(60)  # an interpreter forgets the functions that are gone when it gets another one
        assert sk.memory_in_use() == 0
