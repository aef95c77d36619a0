"""Short parts of `make numpy-tests` and `make life`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def run(script, *arguments):
    command = [sys.executable, "-P", str(FOLDER / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=170, check=False, stdin=subprocess.DEVNULL)


def test_numpys_own_tests_pass_in_two_interpreters_at_once():
    done = run("numpy_suite.py", "numpy._core.tests.test_indexing")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert len(lines) == 2
    assert all(line.endswith("passed, 0 failed") for line in lines)


def test_interpreters_with_numpy_and_pandas_live_at_random():
    done = run("life.py", "15")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("left 0, shared objects 0, ")
    assert "'interrupted': " in done.stdout
