"""The options of the magics, as their first line has them."""

from __future__ import annotations

import argparse
import shlex

from IPython.core.error import UsageError

from subinterp_kernel.notebook import several, surroundings
from subinterp_kernel.notebook.line_parser import LineParser

__all__ = ["cell_parser", "new_parser", "split", "wait_parser"]

_GILS = ("own", "shared")


def cell_parser() -> LineParser:
    """Return the parser of ``%%subinterp``."""
    parser = LineParser(prog="%%subinterp", description="Run the cell in the interpreter NAME.", add_help=False)
    parser.add_argument("names", metavar="NAME[,NAME...]", help="the interpreter, made at its first use; or several")
    parser.add_argument("--gil", choices=_GILS, help="for a new interpreter: a GIL of its own (default), or main's")
    assignments = "NAME[=SOURCE],..."
    parser.add_argument(
        "-i", "--input", action="append", default=[], metavar=assignments, help="copy variables in, first"
    )
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar=assignments, help="copy variables out, afterwards"
    )
    parser.add_argument("--fresh", action="store_true", help="clear the namespace first")
    parser.add_argument(
        "--group", choices=several.GROUPS, default="name", help="how the outputs of several interpreters are grouped"
    )
    parser.add_argument("-a", "--bg", action="store_true", help="run it in the background, as a job")
    parser.add_argument("--job", metavar="VARIABLE", type=_variable, help="run it in the background; store the job")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, help="interrupt it when it has run so long")
    parser.add_argument("--no-queue", action="store_true", help="refuse if the interpreter is busy")
    parser.add_argument("--no-raise-error", action="store_true", help="draw an error, but do not let the cell fail")
    surroundings.add_options(parser)
    return parser


def new_parser() -> LineParser:
    """Return the parser of ``%subinterp new``."""
    parser = LineParser(prog="%subinterp new", description="Make an interpreter.", add_help=False)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--gil", choices=_GILS, default="own")
    surroundings.add_options(parser)
    return parser


def wait_parser() -> LineParser:
    """Return the parser of ``%subinterp wait``."""
    parser = LineParser(prog="%subinterp wait", description="Wait for jobs.", add_help=False)
    parser.add_argument("jobs", metavar="JOB", nargs="*", help="numbers of jobs, or names of interpreters; default all")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, help="stop waiting then")
    return parser


def split(line: str) -> list[str]:
    """Return the words of a line, which may be quoted.

    Raises
    ------
    UsageError
        A quote is not closed.
    """
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"cannot read the line {line!r}: {error}") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e8:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _variable(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} cannot name a variable")
    return text
