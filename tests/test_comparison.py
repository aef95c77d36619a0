"""The benchmarks that compare pools: their programs, their time limits and their report."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

import subinterp_kernel as sk

FOLDER = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the benchmarks are not in the source distribution")


@pytest.fixture(autouse=True)
def benchmarks_on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)


@pytest.mark.parametrize(
    "name", ["n_body", "spectral_norm", "richards", "json_lines", "log_regex", "zlib_blocks", "k_means"]
)
def test_a_program_has_the_same_answer_in_a_pool(name, tmp_path):
    if name == "k_means" and sys.platform != "linux":
        pytest.skip("NumPy needs private copies")
    programs = importlib.import_module("programs")
    program = programs.load(name)
    prepared = program.prepare(tmp_path, 0.02)
    with sk.InterpreterPoolExecutor(2) as pool:
        answer = program.solve(lambda function, items: list(pool.map(function, items)), prepared)
    assert answer == program.solve(programs.sequentially, prepared)


def test_richards_has_the_published_counts():
    assert importlib.import_module("programs.richards").simulate(10_000) == (23246, 9297)


def test_the_spectral_norm_is_the_published_one():
    program = importlib.import_module("programs.spectral_norm")
    assert f"{program.solve(lambda function, items: [function(item) for item in items], 100):.6f}" == "1.274220"


def test_a_process_ends_at_its_time_limit_with_what_it_started(stdout_of):
    assert stdout_of(CALL, str(FOLDER), "time:sleep", "[600]", "1") == "time:sleep was not done after 1 s, 0 left\n"
    start = json.dumps(["sleep 600 & sleep 600"])
    assert stdout_of(CALL, str(FOLDER), "os:system", start, "1") == "os:system was not done after 1 s, 0 left\n"


def test_an_error_of_a_process_is_one_line(stdout_of):
    text = stdout_of(CALL, str(FOLDER), "time:sleep", "[-1]", "60")
    assert text == "ValueError: sleep length must be non-negative, 0 left\n"


CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import psutil
from comparison.bounded_process import ChildFailedError, call
try:
    call(sys.argv[2], json.loads(sys.argv[3]), float(sys.argv[4]))
except ChildFailedError as error:
    print(f"{error}, {len(psutil.Process().children(recursive=True))} left")
"""


def test_the_report_names_the_best_whoever_it_is():
    tables = importlib.import_module("comparison.tables")
    table = tables.Table("key", "Title", "ms", ["one", "two"])
    for contender, values in {"ours": (3.0, 1.0), "threads": (1.5, 1.01)}.items():
        for column, value in zip(table.columns, values, strict=True):
            table.put(contender, column, value, [value])
    assert importlib.import_module("comparison.ranking").sentences(table) == [
        "one: **threads** is best; ours is number 2 of 2 (2 times the best).",
        "two: **ours and threads** are best.",
    ]
