"""Every notebook runs through the installed kernel: outputs compared by nbval, and executed by `jupyter execute`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = [pytest.mark.notebook, pytest.mark.timeout(300)]


def assert_succeeds(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_stored_outputs_are_those_of_a_run_now(notebook):
    options = ["--nbval", "-p", "no:cacheprovider", "-q"]
    assert_succeeds([sys.executable, "-P", "-m", "pytest", *options, str(notebook)], ROOT)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_jupyter_execute_runs_it(notebook, tmp_path):
    copy = tmp_path / notebook.name
    shutil.copy(notebook, copy)
    assert_succeeds([str(Path(sys.executable).parent / "jupyter"), "execute", copy.name], tmp_path)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_names_our_kernel_and_was_stored_in_order_without_errors(notebook):
    stored = nbformat.read(notebook, as_version=4)
    assert stored.metadata.kernelspec.name == "subinterp"
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
