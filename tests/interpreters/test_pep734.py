"""CPython's own tests of PEP 734, run on this package."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pep734_run
import pytest
from pep734_differences import DIFFERENCES, NOT_RUN

RUN = Path(pep734_run.__file__)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_interpreters") is None,
    reason="this Python has no package test.test_interpreters (Debian: libpython3.14-testsuite)",
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "module",
    [
        "test_api",
        pytest.param(
            "test_queues",
            marks=pytest.mark.skipif(sys.version_info < (3, 14), reason="3.13 tests an earlier interface"),
        ),
    ],
)
def test_cpythons_tests_pass_but_for_the_listed_differences(module):
    done = subprocess.run([sys.executable, RUN, module], capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    failed = {name: detail for name, outcome, detail in outcomes if outcome == "failed"}
    unexpected = {name: detail for name, detail in failed.items() if not _patterns_of(name)}
    assert not unexpected, "\n".join(unexpected.values())
    assert sum(outcome == "passed" for _, outcome, _ in outcomes) > 30
    _check_that_differences_are_seen({name for name, _, _ in outcomes}, set(failed))


def _check_that_differences_are_seen(ran: set[str], failed: set[str]) -> None:
    tests = {name.partition(" ")[0] for name in ran}
    matched = {pattern for name in failed for pattern in _patterns_of(name)}
    stale = {pattern for pattern in DIFFERENCES if pattern not in matched and pattern.partition(" ")[0] in tests}
    assert stale == set()


def _patterns_of(name: str) -> list[str]:
    return [pattern for pattern in DIFFERENCES if fnmatchcase(name, pattern)]


def test_every_difference_has_a_reason():
    assert all({**DIFFERENCES, **NOT_RUN}.values())
