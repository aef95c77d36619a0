"""Every notebook runs through the installed kernel, with its outputs compared by nbval."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FETCHED = {"06_two_versions": ("humanize==4.4.0", "humanize==4.13.0")}  # from the package index, by the notebook itself

pytestmark = [pytest.mark.notebook, pytest.mark.timeout(600)]


def assert_succeeds(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def skip_where_the_index_is_out_of_reach(notebook: Path) -> None:
    for requirement in FETCHED.get(notebook.stem, ()):
        problem = problem_of_fetching(requirement)
        if problem:
            pytest.skip(f"NOT RUN: it fetches {requirement} from the package index, and pip cannot: {problem}")


@functools.cache
def problem_of_fetching(requirement: str) -> str:
    """Return what pip says last when it cannot fetch a package, or nothing if it can."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries=0", "--timeout=10"]
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [*command, "--dest", folder, requirement], capture_output=True, text=True, timeout=60, check=False
            )
        except subprocess.TimeoutExpired:
            return "no answer within 60 s"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 6
    assert set(FETCHED) <= {notebook.stem for notebook in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_stored_outputs_are_those_of_a_run_now(notebook):
    skip_where_the_index_is_out_of_reach(notebook)
    options = ["--nbval", "-p", "no:cacheprovider", "-q"]
    assert_succeeds([sys.executable, "-P", "-m", "pytest", *options, str(notebook)], ROOT)


def test_jupyter_execute_runs_the_first(tmp_path):
    notebook = NOTEBOOKS[0]
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
