"""The transcript that `make demo` prints."""

from __future__ import annotations

import io
from pathlib import Path

import nbformat
import pytest
from rich.console import Console

from subinterp_kernel.notebook import transcript


@pytest.fixture
def write(tmp_path):
    def write(*sources: str) -> Path:
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "subinterp", "display_name": "s"}})
        notebook.cells = [nbformat.v4.new_markdown_cell("# A heading\ntext")]
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
        path = tmp_path / "n.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


def test_it_prints_headings_sources_and_outputs(write):
    path = write("%%subinterp a\nprint('hi')\n6 * 7")
    before = path.read_bytes()
    out = io.StringIO()
    transcript.run(path, Console(file=out, width=100))
    text = out.getvalue()
    assert "A heading" in text
    assert "In [1]: %%subinterp a\n   ...: print('hi')" in text
    assert "hi\n" in text
    assert "Out[1]: 42" in text
    assert path.read_bytes() == before


def test_a_failing_cell_is_shown_and_gives_status_1(write, capsys):
    assert transcript.main([str(write("%%subinterp a\n1 / 0", "print('never')"))]) == 1
    printed = capsys.readouterr()
    assert "ZeroDivisionError" in printed.out + printed.err
    assert "never" not in printed.out


def test_a_missing_file_is_one_sentence(capsys, tmp_path):
    assert transcript.main([str(tmp_path / "nothing.ipynb")]) != 0
    assert "nothing.ipynb" in capsys.readouterr().err
