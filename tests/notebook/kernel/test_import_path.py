"""Modules beside the notebook are imported, as in the python3 kernel."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("prefix", ["", "%%subinterp path\n"], ids=["main", "inside"])
def test_a_module_beside_the_notebook_is_imported(kernel, tmp_path, prefix):
    (tmp_path / "module_beside_notebook.py").write_text("value = 5\n")
    kernel.run(f"import os; back = os.getcwd(); os.chdir({str(tmp_path)!r})")
    answer = kernel.run(f"{prefix}import module_beside_notebook; module_beside_notebook.value")
    kernel.run("os.chdir(back)")
    assert answer.result == "5"
