"""Arrays with hostile shapes, strides, offsets and formats are refused, or lie within their block."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import SECONDS

PROGRAM = Path(__file__).parents[1] / "support" / "geometry_fuzz.py"

pytestmark = pytest.mark.timeout(120 + 2 * SECONDS)


def test_a_crafted_array_is_refused_or_lies_within_its_block():
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", PROGRAM],
        capture_output=True,
        text=True,
        timeout=100 + 2 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
