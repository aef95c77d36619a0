"""Runs modules of CPython's own tests in the interpreter that calls, or in a bare one with its own GIL.

Usage: cpython_tests.py MODULE OUTCOMES         in a bare interpreter; OUTCOMES is the JSON file to write
"""

from __future__ import annotations

import json
import sys
import threading
import unittest
from pathlib import Path
from typing import Any

PASSED, SKIPPED = "passed", "skipped"


class Outcomes(unittest.TestResult):
    """Collects the outcome of each test: "passed", "skipped", or the traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, str] = {}

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.of.setdefault(test.id(), PASSED)

    def addFailure(self, test: unittest.TestCase, error: Any) -> None:
        self.of[test.id()] = self._exc_info_to_string(error, test)

    addError = addFailure

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.of.setdefault(test.id(), SKIPPED)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, error: Any) -> None:
        if error is not None:
            self.addFailure(test, error)


class Loader(unittest.TestLoader):
    """Leaves out the tests that simulate Ctrl-C in the process, which would interrupt whatever runs then."""

    def loadTestsFromTestCase(self, cls: type[unittest.TestCase]) -> unittest.TestSuite:
        return self.suiteClass() if cls.__name__ == "InterruptMainTests" else super().loadTestsFromTestCase(cls)


def run(module: str, outcomes: str) -> None:
    """Run the tests of a module of the package `test`, or of one of its classes, and write what became of them."""
    if module.startswith("test_asyncio"):
        # On a thread of its own, because cells run in an asyncio loop.
        thread = threading.Thread(target=_run, args=(module, outcomes))
        thread.start()
        thread.join()
    else:
        _run(module, outcomes)


def _run(module: str, outcomes: str) -> None:
    from test import support

    support.verbose = 0
    collected = Outcomes()
    Loader().loadTestsFromName(f"test.{module}").run(collected)
    Path(outcomes).write_text(json.dumps(collected.of))


def call_code(module: str, outcomes: Path) -> str:
    """Return the source code that calls :func:`run` in another interpreter."""
    folder = str(Path(__file__).parent)
    imports = f"import sys; sys.path.insert(0, {folder!r}); import cpython_tests"
    return f"{imports}\ncpython_tests.run({module!r}, {str(outcomes)!r})"


def run_in_bare_interpreter(module: str, outcomes: Path) -> None:
    """Run them in an interpreter that CPython's own module makes."""
    import _interpreters

    code = "import sys; sys.argv = ['']\n" + call_code(module, outcomes)
    failure = _interpreters.exec(_interpreters.create("isolated"), code)
    if failure is not None:
        raise SystemExit(failure.errdisplay)


if __name__ == "__main__":
    run_in_bare_interpreter(sys.argv[1], Path(sys.argv[2]))
