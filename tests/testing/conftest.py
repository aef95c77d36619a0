"""What the tests of the pytest plugin share."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import suite_run


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a suite that is written to `tmp_path`."""
    return functools.partial(suite_run.run_suite, tmp_path)
