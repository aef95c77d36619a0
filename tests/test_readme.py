"""The code in README runs: all blocks, in their order, in one new kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
# What the block about paths and environments expects beside the notebook.
FOLDERS = "import os, venv\nos.makedirs('vendor/humanize-4.4.0')\nvenv.create('shop/.venv', with_pip=False)"


@pytest.mark.timeout(180)
def test_all_blocks_run_in_their_order_in_a_new_kernel(kernel):
    assert len(BLOCKS) >= 5
    assert kernel.run(FOLDERS).reply["status"] == "ok"
    answers = [kernel.run(block, timeout=60) for block in BLOCKS]
    errors = {
        block: answer.reply["evalue"]
        for block, answer in zip(BLOCKS, answers, strict=True)
        if answer.reply["status"] != "ok"
    }
    assert errors == {}
    assert kernel.run("%subinterp wait --timeout 60").reply["status"] == "ok"


def test_the_first_block_shows_two_interpreters_and_the_times(kernel):
    answer = kernel.run(BLOCKS[0], timeout=60)
    results = [m["content"]["data"]["text/plain"] for m in answer.outputs if m["msg_type"] == "execute_result"]
    assert results == [str(sum(n * n for n in range(10_000_000)))] * 2
    assert re.search(r"\[a\]\n(.*\n)*\[b\]\n(.*\n)*CPU times.*\nWall time", answer.text())
