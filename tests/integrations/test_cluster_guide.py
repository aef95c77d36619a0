"""The code in docs/cluster.md runs: all blocks, in their order, in one new kernel."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/cluster.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

pytestmark = [
    pytest.mark.skipif(not find_spec("distributed"), reason="extra 'dask' installs distributed"),
    pytest.mark.skipif(not find_spec("ipyparallel"), reason="extra 'ipyparallel' installs it"),
]


def shown(answer):
    return [
        message["content"]["data"].get("text/plain", "")  # a progress bar may have none
        for message in answer.outputs
        if message["msg_type"] in ("execute_result", "display_data")
    ]


@pytest.mark.timeout(900)
def test_all_blocks_run_in_their_order_in_a_new_kernel(kernel):
    answers = {block: kernel.run(block, timeout=200) for block in BLOCKS}
    errors = {block: a.reply["evalue"] for block, a in answers.items() if a.reply["status"] != "ok"}
    assert errors == {}
    results = {block.splitlines()[-1]: shown(answer) for block, answer in answers.items()}
    assert results["counts == alone"] == ["True"]
    assert results["array[0, 0], halved[0, 0]"] == ["(1.0, 0.5)"]
    assert results["connection[:].apply_sync(squares, 5)"] == ["[[0, 1, 4, 9, 16], [0, 1, 4, 9, 16]]"]
    assert len([text for text in results["os.getpid(), rank"] if "Out[" in text]) == 4
    assert kernel.run("print(result == sum(alone))").text() == "True\n"
