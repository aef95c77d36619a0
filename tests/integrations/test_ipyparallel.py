"""Interpreters in the engines of ipyparallel, two processes on this machine."""

from __future__ import annotations

import logging
from importlib.util import find_spec

import pytest
from IPython.utils.capture import capture_output
from jupyter_client import session

pytestmark = pytest.mark.skipif(not find_spec("ipyparallel"), reason="extra 'ipyparallel' installs it")

LIMIT = 200  # seconds for the engines to start


@pytest.fixture(scope="module")
def engines():
    extract_dates = session.extract_dates  # ipyparallel replaces it at its import, for all clients of this process
    import ipyparallel

    cluster = ipyparallel.Cluster(n=2, engine_timeout=LIMIT, log_level=logging.ERROR)
    client = cluster.start_and_connect_sync(activate=False)
    try:
        view = client[:]
        view.block = True
        view.execute("%load_ext subinterp_kernel")
        yield view
    finally:
        client.close()
        cluster.stop_cluster_sync()
        session.extract_dates = extract_dates
    assert cluster.controller is None
    assert cluster.engines == {}


@pytest.fixture
def px(engines, shell):
    """Run a cell in all engines and return what it shows here."""
    engines.activate()

    def run(code):
        with capture_output() as captured:
            done = shell.run_cell(f"%%px\n{code}")
        done.raise_error()
        return captured.stdout + "".join(output.data.get("text/plain", "") for output in captured.outputs)

    return run


def test_a_cell_runs_in_an_interpreter_of_each_engine(px, engines):
    text = px("%%subinterp a\nimport os\nprint('hello', __import__('subinterp_kernel').get_current().name)\nx = 6 * 7")
    assert text.count("hello a") == 2
    px("%subinterp pull a x")
    assert engines["x"] == [42, 42]


def test_a_cell_runs_in_several_interpreters_of_each_engine(px, engines):
    px("%%subinterp b,c -o parts\nparts = list(range(rank, 10, size))")
    assert engines["parts"] == [[[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]] * 2


def test_an_error_in_an_interpreter_is_the_error_of_its_engine(px):
    from ipyparallel import AlreadyDisplayedError

    with pytest.raises(AlreadyDisplayedError, match="2 errors"):
        px("%%subinterp a\n1/0")


def test_the_executor_works_within_an_engine(engines):
    namespace = {"__name__": "__main__"}  # the engines cannot import this module
    exec(SQUARES, namespace)
    assert engines.apply(namespace["squares"], 5) == [[0, 1, 4, 9, 16]] * 2


SQUARES = """
def squares(count):
    import subinterp_kernel as sk
    with sk.InterpreterPoolExecutor(2) as pool:
        return list(pool.map(lambda n: n * n, range(count)))
"""
