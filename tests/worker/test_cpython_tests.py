"""CPython's own tests of the standard library, run in a cell: what passes in a bare interpreter passes there, too."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import cpython_tests
import pytest
from kernel_client import KernelClient

RUN = Path(cpython_tests.__file__)
MINUTES = 60  # seconds

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_dict") is None,
    reason="this Python has no package of tests (Debian: libpython3.14-testsuite)",
)

SHORT = (
    "test_dict",
    "test_json.test_decode",
    "test_queue.PyPriorityQueueTest",
    "test_pickle.InMemoryPickleTests",
)  # fmt: skip
# Not test_asyncio.test_runners, which simulates Ctrl-C in the process.
LONG = (
    "test_json", "test_re", "test_queue", "test_pickle", "test_builtin", "test_sys", "test_io", "test_threading",
    "test_subprocess", "test_sqlite3", "test_logging", "test_traceback", "test_pdb", "test_doctest", "test_selectors",
    "test_time", "test_contextlib", "test_warnings", "test_atexit", "test_code",
    "test_concurrent_futures.test_thread_pool", "test_asyncio.test_queues", "test_asyncio.test_tasks",
    "test_asyncio.test_locks", "test_asyncio.test_base_events", "test_asyncio.test_futures",
    "test_asyncio.test_taskgroups", "test_asyncio.test_timeouts",
    "test_asyncio.test_subprocess",
)  # fmt: skip

IPYTHON = "IPython replaces this, in main, too"
DIFFERENCES = {
    "test.test_sys.ExceptHookTest.test_excepthook": IPYTHON,
    "test.test_pdb.test_pdb_interact_command": IPYTHON + ": exit is not a builtin in cells",
    "test.test_sys.SysModuleTest.test_current_exceptions": "shows the thread that asks only: others may be ending",
    "test.test_sys.SysModuleTest.test_getallocatedblocks": "refused, because it reads the memory of other interpreters",
}


def in_a_cell(module: str, outcomes: Path) -> dict[str, str]:
    client = KernelClient("subinterp")
    try:
        answer = client.run(f"%%subinterp tests\n{cpython_tests.call_code(module, outcomes)}", timeout=10 * MINUTES)
        assert answer.reply["status"] == "ok", answer.reply
    finally:
        client.shut_down()
    return json.loads(outcomes.read_text())


def in_a_bare_interpreter(module: str, outcomes: Path) -> dict[str, str]:
    # The process may crash when it ends the interpreter.
    command = [sys.executable, RUN, module, outcomes]
    subprocess.run(command, cwd=outcomes.parent, capture_output=True, timeout=10 * MINUTES, check=False)
    return json.loads(outcomes.read_text())


def check(module: str, folder: Path) -> None:
    outcomes = in_a_cell(module, folder / "cell.json")
    assert cpython_tests.PASSED in outcomes.values()
    known = (cpython_tests.PASSED, cpython_tests.SKIPPED)
    failed = {test: detail for test, detail in outcomes.items() if detail not in known and not _is_listed(test)}
    if failed:
        bare = in_a_bare_interpreter(module, folder / "bare.json")
        worse = [f"{test}\n{failed[test]}" for test in failed if bare.get(test, cpython_tests.PASSED) in known]
        assert not worse, "\n".join(worse)


def _is_listed(test: str) -> bool:
    return any(fnmatchcase(test, pattern) for pattern in DIFFERENCES)


@pytest.mark.parametrize("module", SHORT)
def test_a_short_module_passes_in_a_cell(module, tmp_path):
    check(module, tmp_path)


@pytest.mark.cpython
@pytest.mark.timeout(21 * MINUTES)
@pytest.mark.parametrize("module", LONG)
def test_what_passes_in_a_bare_interpreter_passes_in_a_cell(module, tmp_path):
    check(module, tmp_path)
