"""The tests that docs/what-can-go-wrong.md names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROMISES = re.findall(
    r"(?m)^\|.*\| `(tests/\S+\.py)::(test_\w+)` \|$", (ROOT / "docs/what-can-go-wrong.md").read_text()
)


def test_the_table_is_found():
    assert len(PROMISES) >= 20


@pytest.mark.parametrize(("path", "name"), PROMISES)
def test_a_promise_names_a_test_that_exists(path, name):
    module = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
