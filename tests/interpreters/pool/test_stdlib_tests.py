"""CPython's own tests of executors, which the pool must pass as the executors of ``concurrent.futures`` do."""

from __future__ import annotations

import unittest

import pytest

import subinterp_kernel as sk

pytest.importorskip("test.test_concurrent_futures.executor", reason="this Python comes without its own tests")

from test.test_concurrent_futures import executor, test_as_completed, test_wait, util

pytestmark = pytest.mark.filterwarnings("default")


class _Pool(util.ExecutorMixin):
    executor_type = sk.InterpreterPoolExecutor
    worker_count = 3

    def setUp(self):
        super().setUp()
        # These tests measure times: those of tasks, not of the start of interpreters.
        self.executor.start()
        for interpreter in self.executor.interpreters:
            interpreter.call(abs, -1)

    def create_event(self):
        """Return an event for the tests and their tasks; CPython 3.14's tests ask for it."""
        return sk.Event()


class ExecutorTests(_Pool, executor.ExecutorTest, unittest.TestCase):
    pass


class WaitTests(_Pool, test_wait.WaitTests, unittest.TestCase):
    pass


class AsCompletedTests(_Pool, test_as_completed.AsCompletedTests, unittest.TestCase):
    pass
