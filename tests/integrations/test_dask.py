"""Dask with its tasks in interpreters, on a cluster of two worker processes on this machine."""

from __future__ import annotations

import gc
import multiprocessing
import operator
import sys
import time
from pathlib import Path

import cloudpickle
import conditions
import pytest

import subinterp_kernel as sk

distributed = pytest.importorskip("distributed", reason="extra 'dask' installs it")
import dask  # noqa: E402

from subinterp_kernel.integrations.dask import InterpreterPlugin  # noqa: E402

LIMIT = 200  # seconds for a result

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the workers cannot import this module


@pytest.fixture(scope="module")
def client():
    with (
        # Else the scheduler, which is in this process, keeps the arguments of a thousand tasks in a log.
        dask.config.set({"distributed.admin.low-level-log-length": 0}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=2,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
        ) as cluster,
        distributed.Client(cluster, timeout=LIMIT) as connected,
    ):
        answers = connected.register_plugin(InterpreterPlugin())
        assert [answer["status"] for answer in answers.values()] == ["OK", "OK"]
        yield connected
    assert multiprocessing.active_children() == []


@pytest.fixture(autouse=True)
def released(request):
    """Wait until the client and the scheduler have released the arguments of tasks."""
    yield

    def is_released():
        # Each keeps the last message that it got, with the task in it.
        request.getfixturevalue("client").submit(operator.neg, 1, pure=False).result(LIMIT)
        return gc.collect() >= 0 and sk.live_object_count() == 0

    if sk.live_object_count():
        conditions.until(is_released)


@pytest.fixture
def submit(client):
    """Submit a task that runs in an interpreter."""

    def run(function, *args, **options):
        with dask.annotate(executor="subinterp"):
            return client.submit(function, *args, pure=False, **options)

    return run


@pytest.fixture
def workers(client):
    return list(client.scheduler_info()["workers"])


def in_main(source, **variables):
    """Define what the source defines, as if it had been typed in a notebook."""
    namespace = {"__name__": "__main__", **variables}
    exec(source, namespace)
    return namespace


WHERE = "import subinterp_kernel as sk, os\ndef where(*_): return sk.get_current().name, os.getpid()"
where = in_main(WHERE)["where"]


def names(places):
    return {name for name, _process in places}


def test_tasks_run_in_interpreters_of_every_worker(submit, client, workers):
    places = client.gather([submit(where, workers=[workers[n % 2]]) for n in range(12)])
    assert len({process for _name, process in places}) == 2
    assert names(places) <= {"dask_0", "dask_1"}


def test_other_tasks_run_where_they_ran_before(client):
    assert client.submit(where, pure=False).result(LIMIT)[0] == "main"


def test_dask_is_not_imported_by_interpreters(submit):
    modules = in_main("import sys\ndef modules(*args, **kwargs): return list(sys.modules)")["modules"]
    argument = submit(operator.add, 1, 2)
    imported = submit(modules, [argument], name={"of": argument}).result(LIMIT)
    assert not {"dask", "distributed", "tornado"} & set(imported)


def test_arguments_that_are_results_of_other_tasks_are_resolved(submit):
    one, two = submit(operator.add, 0, 1), submit(operator.add, 1, 1)
    gathered = in_main("def gathered(*args, **kwargs): return args, kwargs")["gathered"]
    result = submit(gathered, one, [two, [one]], {"k": (two, 5)}, name=two).result(LIMIT)
    assert result == ((1, [2, [1]], {"k": (2, 5)}), {"name": 2})


def test_delayed_calls_run_in_interpreters(client):
    @dask.delayed
    def place(*_):
        return where()

    with dask.annotate(executor="subinterp"):
        graph = dask.delayed(list)([place(), place(place())])
    assert names(graph.compute(scheduler=client)) <= {"dask_0", "dask_1"}


def test_bags_run_in_interpreters(client):
    bag = pytest.importorskip("dask.bag")
    with dask.annotate(executor="subinterp"):
        places = bag.from_sequence(range(4), npartitions=2).map(where)
        assert names(client.compute(places, optimize_graph=False).result(LIMIT)) <= {"dask_0", "dask_1"}


def test_an_exception_arrives_as_itself_with_its_traceback(submit):
    namespace = in_main("class Odd(Exception): pass\ndef inner(): raise Odd(5)\ndef fail(): inner()")
    with pytest.raises(namespace["Odd"], match="5") as caught:
        submit(namespace["fail"]).result(LIMIT)
    assert "in inner" in "".join(caught.value.__notes__)
    with pytest.raises(ZeroDivisionError):
        submit(operator.truediv, 1, 0).result(LIMIT)


def test_an_exit_is_an_error_of_the_task_only(submit):
    with pytest.raises(sk.ExecutionFailed, match="SystemExit: 3"):
        submit(in_main("import sys\ndef leave(): sys.exit(3)")["leave"]).result(LIMIT)
    assert submit(operator.neg, 1).result(LIMIT) == -1


def test_a_result_that_cannot_cross_is_said_to_be_one(submit):
    with pytest.raises(sk.NotShareableError, match="the result cannot cross"):
        submit(in_main("import threading\ndef lock(): return threading.Lock()")["lock"]).result(LIMIT)


def test_a_coroutine_function_runs_on_the_event_loop_of_the_worker(submit):
    code = WHERE + "\nasync def place(): return where()"
    assert submit(in_main(code)["place"]).result(LIMIT)[0] == "main"


def test_results_of_one_worker_are_passed_by_reference(submit, workers):
    code = "import subinterp_kernel as sk\ndef make(): return sk.SharedArray(5)\ndef id_of(a): return a.id"
    namespace = in_main(code)
    made = submit(namespace["make"], workers=workers[:1])
    ids = [submit(namespace["id_of"], made, workers=workers[:1]).result(LIMIT) for _ in range(2)]
    assert ids[0] == ids[1]
    assert submit(namespace["id_of"], made, workers=workers[1:]).result(LIMIT) != ids[0]


def test_numpy_arrays_of_one_worker_are_passed_by_reference(submit, workers):
    pytest.importorskip("numpy")
    namespace = in_main(
        "import numpy\ndef make(): return numpy.ones(1000)\n"
        "def address(a): return a.__array_interface__['data'][0], float(a.sum())"
    )
    made = submit(namespace["make"], workers=workers[:1])
    first, second = (submit(namespace["address"], made, workers=workers[:1]).result(LIMIT) for _ in range(2))
    assert first == second
    assert first[1] == 1000.0


@pytest.mark.parametrize("nested", [False, True], ids=["itself", "in a list"])
def test_a_shared_array_crosses_processes_with_its_content(submit, nested):
    array = sk.SharedArray((2, 3), "int32", order="F")
    array[1] = [1, 2, 3]
    code = "def change(a):\n    b = a[0] if type(a) is list else a\n    b[0, 0] = 7\n    return a"
    result = submit(in_main(code)["change"], [array] if nested else array).result(LIMIT)
    copy = result[0] if nested else result
    assert copy.tolist() == [[7, 0, 0], [1, 2, 3]]
    assert array[0, 0] == 0


def test_a_cancelled_task_is_interrupted(submit, client):
    endless = submit(in_main("def endless():\n    while True: pass")["endless"])
    conditions.until(lambda: any(client.run(running_tasks).values()))
    endless.cancel()
    del endless
    conditions.until(lambda: not any(client.run(running_tasks).values()))


def test_a_task_that_is_wanted_again_after_it_was_cancelled_is_started_anew(submit, client, tmp_path):
    code = "import os\ndef wait_for(path):\n    while not os.path.exists(path): pass\n    return path"
    wait_for, path = in_main(code)["wait_for"], str(tmp_path / "go on")
    first = submit(wait_for, path, key="waits")
    conditions.until(lambda: any(client.run(running_tasks).values()))
    first.release()
    second = submit(wait_for, path, key="waits")
    Path(path).touch()
    assert second.result(LIMIT) == path


def running_tasks(dask_worker):
    return len(dask_worker.executors["subinterp"]._running)


def test_a_pool_that_is_broken_is_replaced(submit, client, workers):
    submit(where, workers=workers[:1]).result(LIMIT)
    client.run(close_interpreters, workers=workers[:1])
    assert submit(where, workers=workers[:1]).result(LIMIT)[0].startswith("dask_")


def close_interpreters(dask_worker):
    pool = dask_worker.executors["subinterp"]._pool
    for interpreter in pool.interpreters:
        interpreter.close()
    until = time.monotonic() + 60
    while not pool.broken and time.monotonic() < until:
        time.sleep(0.01)


def test_unregistering_closes_the_interpreters_and_registering_again_makes_new_ones(submit, client):
    submit(where).result(LIMIT)
    client.unregister_worker_plugin("subinterp")
    assert set(client.run(interpreters).values()) == {("main",)}
    client.register_plugin(InterpreterPlugin(1))
    assert submit(where).result(LIMIT)[0] == "dask_0"


def interpreters():
    return tuple(interpreter.name for interpreter in sk.list_all())


def test_an_executor_needs_an_interpreter():
    with pytest.raises(ValueError, match="nthreads must be None or at least 1, not 0"):
        InterpreterPlugin(0)
