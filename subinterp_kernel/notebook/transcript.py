"""Run a notebook with its kernel and print each cell and its output."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

__all__ = ["Transcript", "main", "run"]

_PROGRAM = "subinterp-run"


class Cell(Protocol):
    """The attributes of a notebook cell that are used here."""

    cell_type: str
    source: str
    outputs: list[dict[str, Any]]


class Transcript:
    """Print cells as they run; the methods are nbclient hooks.

    Parameters
    ----------
    console : rich.console.Console
        Where to print; a terminal gets colours.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lexer = Syntax("", "python", theme="ansi_dark")
        self._running: Cell | None = None
        self.cells_run = 0

    def before_cell(self, cell: Cell, **_details: object) -> None:
        """Print the headings of a text cell."""
        if cell.cell_type == "markdown":
            for heading in _headings(cell.source):
                self._print(Text(), f"\n{heading}", "bold magenta")

    def before_code(self, cell: Cell, **_details: object) -> None:
        """Print the source of a code cell that is about to run."""
        self._running = cell
        self.cells_run += 1
        prompt = f"In [{self.cells_run}]: "
        self._console.print()
        for line in self._lexer.highlight(cell.source.strip("\n")).split("\n"):
            self._print(line, prompt, "green")
            prompt = "...: ".rjust(len(prompt))

    def after_code(self, cell: Cell, **_details: object) -> None:
        """Print the output of a code cell."""
        self._running = None
        for output in cell.outputs:
            self._show(output)

    def broken_off(self) -> None:
        """Print the output so far of a cell that did not finish."""
        if self._running is not None:
            self.after_code(self._running)

    def _show(self, output: dict[str, Any]) -> None:
        kind = output["output_type"]
        if kind == "stream":
            self._print(_plain_lines(output["text"]))
        elif kind == "error":
            self._print(_plain_lines("\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}"))
        else:
            text = output["data"].get("text/plain") or f"<{', '.join(output['data'])}>"
            gap = "\n" if "\n" in text else " "
            self._print(_plain_lines(text), f"Out[{self.cells_run}]:{gap}" if kind == "execute_result" else "", "red")

    def _print(self, text: Text, label: str = "", style: str = "") -> None:
        self._console.print(Text.assemble((label, style), text), soft_wrap=True, highlight=False)


def run(path: Path, console: Console, *, kernel: str = "", timeout: int | None = None) -> None:
    """Run a notebook and print its transcript; the file stays as it is.

    Parameters
    ----------
    path : pathlib.Path
        The notebook; its folder is the working directory.
    console : rich.console.Console
        Where to print.
    kernel : str
        The kernel to use instead of the one that the notebook names.
    timeout : int, optional
        The time limit for each cell, in seconds.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails that is not tagged ``raises-exception``.
    """
    transcript = Transcript(console)
    with _connection() as config:
        client = _client(path, transcript, config=config, kernel_name=kernel, timeout=timeout)
        try:
            client.execute()
        except Exception:
            if client.km is None:
                client.create_kernel_manager()  # for nbclient's exit handler, which fails without one
            raise
        finally:
            transcript.broken_off()


def main(argv: list[str] | None = None) -> int:
    """Print the transcript of the notebook that the command line names.

    Parameters
    ----------
    argv : list of str, optional
        Instead of the arguments of the process.

    Returns
    -------
    int
        0, or 1 if the notebook failed.
    """
    options = _parser().parse_args(argv)
    if find_spec("nbclient") is None:
        print(f"{_PROGRAM} needs nbclient: pip install nbclient", file=sys.stderr)
        return 1
    try:
        run(options.notebook, Console(), kernel=options.kernel, timeout=options.timeout)
    except Exception as error:  # noqa: BLE001  whatever ended the notebook becomes a message and the exit status
        print(f"{_PROGRAM}: {options.notebook}: {_summary(error)}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=_PROGRAM, description="Run a notebook and print what its cells show.")
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    parser.add_argument("--kernel", default="", help="use this kernel instead of the one that the notebook names")
    parser.add_argument("--timeout", type=int, metavar="SECONDS", help="time limit for each cell (default: no limit)")
    return parser


def _client(path: Path, transcript: Transcript, **options: Any) -> Any:
    import nbformat
    from nbclient import NotebookClient

    read: Any = nbformat.read  # has no types
    return NotebookClient(
        read(path, as_version=4),
        resources={"metadata": {"path": str(path.absolute().parent)}},
        extra_arguments=["--HistoryManager.hist_file=:memory:"],
        on_cell_start=transcript.before_cell,
        on_cell_execute=transcript.before_code,
        on_cell_executed=transcript.after_code,
        **options,
    )


@contextmanager
def _connection() -> Iterator[Any]:
    # Sockets in a private folder with a short path: nothing listens on the network, and nothing is left behind.
    from traitlets.config import Config

    if os.name != "posix":
        yield Config()
        return
    with tempfile.TemporaryDirectory(prefix="subinterp-", ignore_cleanup_errors=True) as folder:
        yield Config(KernelManager={"transport": "ipc", "connection_file": f"{folder}/kernel.json"})


def _summary(error: Exception) -> str:
    name = getattr(error, "ename", type(error).__name__)
    value = str(getattr(error, "evalue", error)).strip()
    return f"{name}: {value}" if value else name


def _headings(markdown: str) -> Iterator[str]:
    fenced = False
    for line in markdown.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("#") and not fenced:
            yield line.lstrip("#").strip()


def _plain_lines(text: str) -> Text:
    # A terminal's line ends: rich would take the return for the start of a line that is written anew.
    return Text.from_ansi(text.replace("\r\n", "\n").rstrip("\n"))
