"""joblib and scikit-learn with their tasks in interpreters."""

from __future__ import annotations

import operator

import pytest

import subinterp_kernel as sk

joblib = pytest.importorskip("joblib", reason="joblib comes with scikit-learn, which extra 'packages' installs")


@pytest.fixture(autouse=True)
def backend():
    from subinterp_kernel.integrations import joblib as backend

    with joblib.parallel_config("subinterp", n_jobs=2):
        yield backend
    backend.close()


FUNCTIONS = """
import operator, joblib, subinterp_kernel as sk

def name_of_interpreter(_number):
    return sk.get_current().name

def invert(number):
    return 1 / number

def total(array):
    return float(array.sum()), array.flags.writeable

def nested(number):
    return sum(joblib.Parallel(n_jobs=2)(joblib.delayed(operator.mul)(number, n) for n in range(4)))
"""
typed = {"__name__": "__main__"}  # as if in a notebook: an interpreter cannot import a module of these tests
exec(FUNCTIONS, typed)
name_of_interpreter, invert, total, nested = map(typed.get, ["name_of_interpreter", "invert", "total", "nested"])


def test_tasks_run_in_interpreters_and_results_keep_their_order():
    assert joblib.Parallel()(joblib.delayed(operator.neg)(n) for n in range(200)) == [-n for n in range(200)]
    names = joblib.Parallel()(joblib.delayed(name_of_interpreter)(n) for n in range(20))
    assert set(names) <= {"joblib_0", "joblib_1"}


def test_results_come_one_by_one_if_wanted():
    results = joblib.Parallel(return_as="generator")(joblib.delayed(operator.neg)(n) for n in range(10))
    assert list(results) == [-n for n in range(10)]


def test_an_exception_is_the_tasks_own_and_the_pool_goes_on():
    with pytest.raises(ZeroDivisionError):
        joblib.Parallel()(joblib.delayed(invert)(n) for n in (1, 0, 2))
    assert joblib.Parallel()(joblib.delayed(invert)(n) for n in (1, 2)) == [1, 0.5]


def test_a_large_array_crosses_once_and_is_read_only():
    numpy = pytest.importorskip("numpy")
    array = numpy.ones(500_000)
    before = sk.memory_in_use()
    results = joblib.Parallel(batch_size=1)(joblib.delayed(total)(array) for _ in range(10))
    assert results == [(500_000.0, False)] * 10
    assert sk.memory_in_use() - before <= array.nbytes + 4096


def test_parallel_calls_in_tasks_run_one_after_the_other():
    assert joblib.Parallel()(joblib.delayed(nested)(n) for n in range(4)) == [0, 6, 12, 18]


def test_one_job_runs_here():
    names = joblib.Parallel(n_jobs=1)(joblib.delayed(name_of_interpreter)(n) for n in range(2))
    assert names == ["main", "main"]


def test_zero_jobs_are_refused():
    with pytest.raises(ValueError, match="n_jobs == 0 has no meaning"):
        joblib.Parallel(n_jobs=0)(joblib.delayed(abs)(n) for n in range(2))


@pytest.mark.timeout(600)
def test_scikit_learn_searches_and_validates_in_interpreters():
    pytest.importorskip("sklearn", reason="extra 'packages' installs scikit-learn")
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_score

    data, target = load_iris(return_X_y=True)
    search = GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0]}, cv=3, n_jobs=2).fit(data, target)
    scores = cross_val_score(LogisticRegression(max_iter=500), data, target, cv=4, n_jobs=2)
    with joblib.parallel_config("sequential"):
        alone = GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0]}, cv=3).fit(data, target)
        scores_alone = cross_val_score(LogisticRegression(max_iter=500), data, target, cv=4)
    assert search.best_params_ == alone.best_params_
    assert search.best_score_ == pytest.approx(alone.best_score_)
    assert scores == pytest.approx(scores_alone)
    assert {interpreter.name for interpreter in sk.list_all()} == {"main", "joblib_0", "joblib_1"}
