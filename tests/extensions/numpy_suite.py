"""Runs NumPy's own tests by pytest inside two interpreters at the same time.

Usage: numpy_suite.py [MODULE ...]      for example: numpy_suite.py numpy.ma.tests.test_core
"""

from __future__ import annotations

import sys

import subinterp_kernel as sk

MODULES = (
    "numpy._core.tests.test_umath",
    "numpy._core.tests.test_scalarmath",
    "numpy._core.tests.test_ufunc",
    "numpy._core.tests.test_dtype",
    "numpy._core.tests.test_indexing",
    "numpy._core.tests.test_numeric",
    "numpy.lib.tests.test_function_base",
    "numpy.ma.tests.test_core",
)

# pytest usually captures what is written to descriptors 1 and 2, which belong to the process: two of them at once, in
# interpreters that end in another order, would not restore them. So only the streams of the interpreter are captured.
INSIDE = """
import collections, sys

def run(module):
    import pytest
    from importlib.util import find_spec

    class Outcomes:
        def __init__(self):
            self.counts = collections.Counter()
            self.failed = []

        def pytest_runtest_logreport(self, report):
            if report.when == "call" or not report.passed:
                self.counts[report.outcome] += 1
            if report.failed:
                self.failed.append((report.nodeid, report.longreprtext))

    outcomes = Outcomes()
    without = [f"-pno:{plugin}" for plugin in ("cacheprovider", "faulthandler", "terminal", "timeout", "xdist")]
    streams = ["--capture=sys", "-W", "ignore::DeprecationWarning"]
    options = [*streams, "-c", "/dev/null", "--rootdir=/", find_spec(module).origin]
    status = pytest.main([*without, *options], plugins=[outcomes])
    return int(status), dict(outcomes.counts), outcomes.failed
"""


def run_in_two(module: str) -> bool:
    """Run the tests of a module in two interpreters at once, print the counts, and return whether all passed."""
    with sk.create() as first, sk.create() as second:
        for interpreter in (first, second):
            interpreter.exec(INSIDE)
        running = [interpreter.submit(eval, f"run({module!r})") for interpreter in (first, second)]
        results = [each.result() for each in running]
    for status, counts, failed in results:
        print(f"{module}: status {status}, {counts.get('passed', 0)} passed, {len(failed)} failed", flush=True)
        for name, text in failed:
            print(name, text, sep="\n", flush=True)
    return all(status == 0 and counts["passed"] > 0 for status, counts, _ in results)


def main() -> int:
    """Run the modules that the command line names, or all."""
    outcomes = [run_in_two(module) for module in sys.argv[1:] or MODULES]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
