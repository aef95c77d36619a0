"""Fixtures of all tests: interpreters that are closed again, child processes, real kernels, and the watch for leaks."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from kernel_client import KernelClient
from traitlets.config import Config

import subinterp_kernel as sk
from subinterp_kernel.bindings import control


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the workers of pytest-xdist begin with the longest files, so that none is left alone with one at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not any(map(item.get_closest_marker, ("wheel", "notebook", "long"))))


def pytest_collection_finish() -> None:
    """Exempt all that was imported from garbage collection: `nothing_left` collects after each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Close what a test has left open, and fail it if memory or an interpreter survives that."""
    abandoned_before = len(control.abandoned())
    yield
    leftovers = sk.close_all(60)
    assert leftovers == []
    assert control.live() == []
    assert len(control.abandoned()) == abandoned_before
    gc.collect()  # a caught exception and its frames are a cycle
    assert sk.live_object_count() == 0


@pytest.fixture
def interpreter() -> Iterator[sk.Interpreter]:
    with sk.create("fixture") as made:
        yield made


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a child process, so that an abort there is a failure here and not the end of the run."""

    def run(code: str, *arguments: str, timeout: float = 280) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-W", "ignore::DeprecationWarning", "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture
def stdout_of(run_python) -> Callable[..., str]:
    """Run code in a child process that must end with status 0 and print no errors, and return what it prints."""

    def run(code: str, *arguments: str) -> str:
        done = run_python(code, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A plain IPython shell in this process, with the magics and without spares."""
    config = Config()
    config.HistoryManager.enabled = False
    config.SubinterpMagics.spares = 0
    made = InteractiveShell.instance(config=config)
    made.run_line_magic("load_ext", "subinterp_kernel")
    yield made
    made.run_line_magic("unload_ext", "subinterp_kernel")
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelClient]:
    """Our kernel as a frontend sees it, one for all tests of a module."""
    client = KernelClient("subinterp")
    yield client
    client.shut_down()
