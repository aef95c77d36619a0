"""Run a module of CPython's test.test_interpreters on this package; print the outcome of each test as a line of JSON.

Usage: pep734_run.py MODULE            "test_api" or "test_queues"
       pep734_run.py --script FILE     run a file, as tests do in child processes
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import runpy
import sys
import unittest
from collections.abc import Callable
from typing import Any

import pep734_adapter
from pep734_differences import NOT_RUN

import subinterp_kernel as sk


class Outcomes(unittest.TestResult):
    """Prints every outcome. A subtest is named by its parameters."""

    def stopTest(self, test: unittest.TestCase) -> None:
        # Tests count interpreters and queues; CPython's end with the last reference.
        sk.close_all(10)
        gc.collect()

    def addSuccess(self, test: unittest.TestCase) -> None:
        _print(test, "passed")

    def addFailure(self, test: unittest.TestCase, error: Any) -> None:
        _print(test, "failed", self._exc_info_to_string(error, test))

    addError = addFailure

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        _print(test, "skipped", reason)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, error: Any) -> None:
        if error is None:
            _print(subtest, "passed")
        else:
            self.addFailure(subtest, error)


def _name(test: unittest.TestCase) -> str:
    return ".".join(test.id().split(".")[3:])


def _print(test: unittest.TestCase, outcome: str, detail: str = "") -> None:
    print(json.dumps([_name(test), outcome, detail]), flush=True)


def _run_here(original: Callable[..., Any], *args: str, **options: Any) -> Any:
    """Replace script_helper.assert_python_ok, so that scripts get this package, too."""
    if args[0].startswith("-"):
        return original(*args, **options)
    return original(__file__, "--script", args[0], __isolated=False)


def _run_module(name: str) -> None:
    from test.support import script_helper

    script_helper.assert_python_ok = functools.partial(_run_here, script_helper.assert_python_ok)
    loader = unittest.defaultTestLoader
    module = importlib.import_module(f"test.test_interpreters.{name}")
    for cls in vars(module).values():
        # LowLevelTests test the functions of CPython's C modules.
        if isinstance(cls, type) and cls.__module__ == module.__name__ and cls.__name__ != "LowLevelTests":
            suite = loader.loadTestsFromTestCase(cls)
            unittest.TestSuite(test for test in suite if _name(test) not in NOT_RUN).run(Outcomes())


if __name__ == "__main__":
    pep734_adapter.install()
    if sys.argv[1] == "--script":
        runpy.run_path(sys.argv[2], run_name="__main__")
    else:
        _run_module(sys.argv[1])
