"""Frontends beside JupyterLab: consoles on a terminal, and programs that run whole notebooks."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

BIN = Path(sys.executable).parent
CONSOLE = (str(BIN / "jupyter-console"), "--kernel=subinterp")
# The console may take a late "idle", that of the question whether a cell is complete, for the end of the cell. Then it
# shows and asks nothing until the cell has really ended. So it judges for itself where that matters.
JUDGING_CONSOLE = (*CONSOLE, "--ZMQTerminalInteractiveShell.use_kernel_is_complete=False")
IPYTHON = (str(BIN / "ipython"), "--no-banner")
# How many lines must stay empty until a cell magic runs; our kernel is content with one.
BLANK_LINES = {CONSOLE: 1, JUDGING_CONSOLE: 2, IPYTHON: 2}

pytestmark = pytest.mark.timeout(400)


def needs(module: str) -> pytest.MarkDecorator:
    there = importlib.util.find_spec(module) is not None
    return pytest.mark.skipif(not there, reason=f"{module} is not installed: it cannot be had for this Python")


# --- On a terminal


@pytest.fixture
def open_terminal(tmp_path):
    terminals = []

    def open_one(command):
        pytest.importorskip("pexpect", reason="pexpect, which IPython brings along on POSIX, is not installed")
        from terminal import Terminal

        terminal = Terminal(command, tmp_path, BLANK_LINES[command])
        terminals.append(terminal)
        terminal.wait_for("In [1]: ")
        if command is IPYTHON:
            terminal.type("%load_ext subinterp_kernel")
        else:
            terminal.type("'the magics are there already';", *([""] * 2 if command is JUDGING_CONSOLE else []))
        terminal.wait_for("In [2]: ")
        return terminal

    yield open_one
    for terminal in terminals:
        terminal.close()


def on(console):
    commands = [pytest.param(console, marks=needs("jupyter_console")), IPYTHON]
    return pytest.mark.parametrize("command", commands, ids=["jupyter console", "ipython"])


@on(CONSOLE)
def test_a_cell_of_several_lines_is_typed_and_shows_its_output(open_terminal, command):
    terminal = open_terminal(command)
    terminal.type_cell("%%subinterp a", "x = 6", "print('printed', 7 * x)", "8 * x")
    terminal.wait_for("printed 42")
    terminal.wait_for("Out[2]: 48")


@on(JUDGING_CONSOLE)
def test_an_error_is_shown_at_its_line(open_terminal, command):
    terminal = open_terminal(command)
    terminal.type_cell("%%subinterp a", "x = 6", "x / 0")
    terminal.wait_for("Cell In[2], line 2")
    told = terminal.wait_for("ZeroDivisionError: division by zero")
    assert "subinterp_kernel" not in told
    terminal.wait_for("In [3]: ")


@on(JUDGING_CONSOLE)
def test_ctrl_c_ends_a_cell_and_keeps_the_variables(open_terminal, command):
    terminal = open_terminal(command)
    terminal.type_cell("%%subinterp a", "kept = 5", "print('now', 'busy')", "while True: pass")
    terminal.wait_for("now busy")
    terminal.press_ctrl_c()
    terminal.wait_for("KeyboardInterrupt: ")
    terminal.wait_for("In [3]: ")
    terminal.type_cell("%%subinterp a", "kept * 100")
    terminal.wait_for("Out[3]: 500")


@on(JUDGING_CONSOLE)
def test_a_question_is_answered_on_the_terminal(open_terminal, command):
    terminal = open_terminal(command)
    terminal.type_cell("%%subinterp a", "print('hello', input('who' + '? '))")
    terminal.wait_for("who? ")
    terminal.type("Ada")
    terminal.wait_for("hello Ada")


@on(CONSOLE)
def test_leaving_is_quick_and_quiet(open_terminal, command):
    terminal = open_terminal(command)
    thread = "threading.Thread(target=time.sleep, args=(1000,)).start()"
    terminal.type_cell("%%subinterp a", "import threading, time", thread, "6 * 7")
    terminal.wait_for("Out[2]: 42")
    terminal.wait_for("In [3]: ")
    begin = time.monotonic()
    told, status = terminal.leave("exit")
    assert time.monotonic() - begin < 60
    assert status == 0
    # The console does not wait for its kernel, and ipykernel may notice that before it has ended.
    told = told.replace("[IPKernelApp] WARNING | Parent appears to have exited, shutting down.", "")
    # The line is printed again at its end, with its prompt.
    assert set(told.replace("In [3]: ", "").split()) <= {"exit", "exitexit", "Shutting", "down", "kernel"}


# --- Programs that run notebooks


def save(path: Path, *sources: str, parameters: str = "") -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    if parameters:
        cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    kernelspec = {"name": "subinterp", "display_name": "Python 3 (sub-interpreters)", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
    return path


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def results(path: Path) -> list[str]:
    """The last output of each code cell that has any: a result as text, or an error's name."""
    last = [cell.outputs[-1] for cell in nbformat.read(path, as_version=4).cells if cell.get("outputs")]
    return [output.data["text/plain"] if "data" in output else output.ename for output in last]


NBCLIENT = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    nbclient.NotebookClient(notebook, timeout=100, allow_errors="allow" in sys.argv).execute()
except nbclient.exceptions.CellExecutionError as error:
    print(error.ename, "|", error.evalue)
    assert "subinterp_kernel" not in str(error), str(error)
nbformat.write(notebook, sys.argv[1])
"""
FAILING = ("%%subinterp a\nx = 6\nx / 0", "%%subinterp a\n7 * x")


def test_nbclient_raises_the_error_of_the_cell_inside(run_python, tmp_path):
    notebook = save(tmp_path / "failing.ipynb", *FAILING)
    done = run_python(NBCLIENT, str(notebook))
    assert (done.stdout, done.returncode) == ("ZeroDivisionError | division by zero\n", 0), done.stderr
    assert results(notebook) == ["ZeroDivisionError"]


def test_nbclient_goes_on_after_it_where_errors_are_allowed(run_python, tmp_path):
    notebook = save(tmp_path / "failing.ipynb", *FAILING)
    done = run_python(NBCLIENT, str(notebook), "allow")
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
    assert results(notebook) == ["ZeroDivisionError", "42"]


def papermill(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run(BIN / "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar", *options, cwd=folder)


@needs("papermill")
def test_papermill_hands_parameters_to_cells_inside(tmp_path):
    save(tmp_path / "in.ipynb", "%%subinterp a -i count\nprint(count)\ncount * 7", parameters="count = 1")
    done = papermill(tmp_path, "-p", "count", "6")
    assert done.returncode == 0, done.stderr
    assert results(tmp_path / "out.ipynb") == ["42"]


@needs("papermill")
def test_papermill_fails_with_the_error_of_the_cell_inside(tmp_path):
    save(tmp_path / "in.ipynb", *FAILING)
    done = papermill(tmp_path)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ZeroDivisionError: division by zero")
    assert "subinterp_kernel" not in done.stderr


@needs("papermill")
def test_papermill_ends_although_a_thread_runs_on_inside(tmp_path):
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()"
    save(tmp_path / "in.ipynb", f"%%subinterp a\n{thread}", "import os; os.getpid()")
    done = papermill(tmp_path)
    assert done.returncode == 0, done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(results(tmp_path / "out.ipynb")[0]), 0)


@pytest.fixture
def checked_notebook(tmp_path) -> Path:
    """A notebook whose outputs are stored, and patterns for what differs from run to run."""
    notebook = save(tmp_path / "checked.ipynb", "%%subinterp a\nprint('at', hex(id([])))\n6 * 7")
    assert run(BIN / "jupyter", "execute", "--inplace", notebook, cwd=tmp_path).returncode == 0
    (tmp_path / "patterns.cfg").write_text("[addresses]\nregex: 0x[0-9a-f]+\nreplace: ADDRESS\n")
    return notebook


NBVAL = ("-P", "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-q", "--nbval-sanitize-with", "patterns.cfg")


def test_nbval_finds_the_stored_outputs_again(checked_notebook):
    done = run(sys.executable, *NBVAL, checked_notebook, cwd=checked_notebook.parent)
    assert done.returncode == 0, done.stdout


def test_nbval_finds_an_output_that_has_changed(checked_notebook):
    checked_notebook.write_text(checked_notebook.read_text().replace("42", "43"))
    done = run(sys.executable, *NBVAL, checked_notebook, cwd=checked_notebook.parent)
    assert done.returncode == 1
    assert "1 failed" in done.stdout
