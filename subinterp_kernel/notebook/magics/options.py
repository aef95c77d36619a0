"""The arguments of the magics: each defined once, for parsing, help and completion."""

from __future__ import annotations

import argparse
import functools
import os
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from subinterp_kernel.doctor.levels import LEVELS
from subinterp_kernel.extensions.policy import POLICIES
from subinterp_kernel.messaging.cells import Assignment
from subinterp_kernel.notebook.execution.cell_request import CellOptions, CellRequest
from subinterp_kernel.notebook.magics import value_completion as complete
from subinterp_kernel.notebook.magics.argument_parser import Completer, LineParser, split
from subinterp_kernel.notebook.magics.pool_options import add_pool_parsers
from subinterp_kernel.notebook.output.grouping import GROUPS

__all__ = [
    "cell_parser",
    "creation_options",
    "parse_assignment",
    "parse_assignments",
    "parse_cell",
    "subcommand_parsers",
]

_GILS = ("own", "shared")
_ASSIGNMENTS = "NAME[=SOURCE],..."


def cell_parser(variables: Completer | None = None) -> LineParser:
    """Return the parser of ``%%subinterp``; `variables` completes those of the notebook."""
    parser = LineParser("%%subinterp", "Run the cell in the interpreter NAME, which is made at its first use.")
    parser.usage = "%(prog)s NAME[,NAME...] [options]"
    parser.add(
        "targets",
        metavar="NAME[,NAME...]",
        nargs="+",
        complete=complete.interpreters,
        separators=",",
        help="interpreters: names, ranges such as w1..w4, patterns such as w* for those that exist, and pool:NAME",
    )
    parser.add(
        "-i", "--input", dest="inputs", action="extend", default=[], type=parse_assignments, metavar=_ASSIGNMENTS,
        separators=",=", complete=variables, help="copy variables in, before the cell runs (b=c: as b what is c here)",
    )  # fmt: skip
    parser.add(
        "-o", "--output", dest="outputs", action="extend", default=[], type=parse_assignments, metavar=_ASSIGNMENTS,
        separators=",=", complete=complete.variables_of_targets,
        help="copy variables out, after the cell has succeeded; from several interpreters, as lists",
    )  # fmt: skip
    parser.add("--fresh", action="store_true", help="clear the namespace first")
    parser.add("-a", "--bg", dest="background", action="store_true", help="run the cell in the background, as a job")
    parser.add("--job", metavar="VARIABLE", type=_variable, help="run it in the background and store the job")
    parser.add("--timeout", metavar="SECONDS", type=_seconds, help="interrupt the cell after this time")
    parser.add("--no-queue", dest="queue", action="store_false", help="refuse the cell if the interpreter is busy")
    parser.add(
        "--no-raise-error", dest="raise_error", action="store_false", help="show an error, but do not fail the cell"
    )
    parser.add("--group", choices=GROUPS, help="how to arrange the output of several interpreters")
    parser.add("--gil", choices=_GILS, help="for a new interpreter: a GIL of its own (default), or main's")
    _add_creation_options(parser)
    return parser


def subcommand_parsers(variables: Completer | None = None, jobs: Completer | None = None) -> dict[str, LineParser]:
    """Return the parser of each subcommand of ``%subinterp``; `variables` and `jobs` complete those of the notebook."""
    parsers: dict[str, LineParser] = {}

    def add(name: str, description: str) -> LineParser:
        parsers[name] = LineParser(f"%subinterp {name}", description)
        return parsers[name]

    def add_for_names(name: str, description: str, count: str = "+") -> LineParser:
        parser = add(name, description)
        parser.add("names", metavar="NAME", nargs=count, separators=",", complete=complete.interpreters)
        return parser

    add("list", "show all interpreters")
    new = add("new", "make an interpreter")
    new.add("names", metavar="NAME", nargs="+")
    new.add("--gil", choices=_GILS, default="own", help="a GIL of its own, or main's")
    _add_creation_options(new)
    add_for_names("close", "end interpreters", "*").add("--all", action="store_true", help="end all of them")
    add_for_names("reset", "clear their namespaces")
    add_for_names("interrupt", "raise KeyboardInterrupt in them")
    run = add("run", "evaluate one expression and show its value")
    run.add("name", metavar="NAME", complete=complete.interpreters)
    run.add("expression", metavar="EXPRESSION")
    use = add("use", "run plain cells there from now on; `use main` ends that")
    use.add("names", metavar="NAME", nargs="+", separators=",", complete=complete.interpreters_or_main)
    for name, description in (("push", "copy variables in"), ("pull", "copy variables out")):
        parser = add(name, description)
        parser.add("name", metavar="NAME", complete=complete.interpreters)
        parser.add(
            "variables", metavar=_ASSIGNMENTS, nargs="+", type=parse_assignments, separators=",=",
            complete=variables if name == "push" else complete.variables_of_first,
        )  # fmt: skip
    packages = add("packages", "show which packages with compiled modules an interpreter has loaded, and how")
    packages.add("name", metavar="NAME", complete=complete.interpreters)
    _add_doctor_parser(add)
    add_pool_parsers(add, variables)
    add("memory", "show all shared objects and their holders")
    _add_job_parsers(add, jobs)
    return parsers


def _add_doctor_parser(add: Callable[[str, str], LineParser]) -> None:
    parser = add("doctor", "find out which packages work in interpreters, how well, and why not")
    parser.add("packages", metavar="PACKAGE", nargs="*", help="if none is named, those that the notebook has imported")
    parser.add("--level", choices=LEVELS, default="imports", help="the last level to try; the later ones take minutes")


def _add_job_parsers(add: Callable[[str, str], LineParser], jobs: Completer | None) -> None:
    add("jobs", "show the jobs")
    wait = add("wait", "wait until jobs have ended, or all jobs")
    wait.add("jobs", metavar="JOB", nargs="*", separators=",", complete=jobs)
    wait.add("--timeout", metavar="SECONDS", type=_seconds, help="stop waiting after this time")


def parse_cell(parser: LineParser, line: str, body: str, offset: int = 0) -> CellRequest:
    """Return the request of a ``%%subinterp`` cell.

    Parameters
    ----------
    parser : LineParser
        A :func:`cell_parser`.
    line : str
        The first line, after ``%%subinterp``.
    body : str
        The lines below.
    offset : int
        How many characters of the cell precede the body.

    Raises
    ------
    UsageError
        Something is wrong with the line.
    """
    targets, options = _parse_line(parser, line)
    return CellRequest(targets, body, options, offset)


@functools.lru_cache(maxsize=64)  # the cells of a notebook begin with the same few lines
def _parse_line(parser: LineParser, line: str) -> tuple[str, CellOptions]:
    given = vars(parser.parse_args(split(line)))
    targets = ",".join(given.pop("targets"))
    given["background"] = given["background"] or given["job"] is not None
    given["env"] = dict(given["env"])
    return targets, CellOptions(**given)


def creation_options(given: CellOptions | Namespace) -> dict[str, Any]:
    """Return the path, the environment and so on as arguments of :func:`subinterp_kernel.create`; only those given."""
    found = {"path": given.path, "venv": given.venv, "env": dict(given.env), "extensions": given.extensions}
    return {name: value for name, value in found.items() if value}


def parse_assignments(text: str) -> list[Assignment]:
    """Return ``"a,b=c"`` as ``[("a", "a"), ("b", "c")]``.

    Raises
    ------
    UsageError
        A part is not ``NAME`` or ``NAME=SOURCE``.
    """
    return [parse_assignment(part) for part in text.split(",")]


def parse_assignment(part: str) -> Assignment:
    """Return ``"a"`` as ``("a", "a")``, and ``"b=c"`` as ``("b", "c")``; UsageError if it is neither."""
    target, equals, source = (piece.strip() for piece in part.partition("="))
    source = source if equals else target
    target = target if equals else target.rpartition(".")[2]
    if not target.isidentifier() or not all(name.isidentifier() for name in source.split(".")):
        raise UsageError(f"{part!r} is not a variable: write NAME, or NAME=SOURCE, with commas between several")
    return target, source


def _add_creation_options(parser: LineParser) -> None:
    parser.add(
        "--path", action="append", default=[], metavar="DIR", type=os.path.expanduser, complete=complete.folders,
        help="for a new interpreter: a folder to import from first",
    )  # fmt: skip
    parser.add(
        "--venv", metavar="DIR", type=os.path.expanduser, complete=complete.folders,
        help="for a new interpreter: a virtual environment to import from next",
    )  # fmt: skip
    parser.add(
        "--env", action="append", default=[], metavar="K=V", type=_environment_variable,
        help="for a new interpreter: a variable of an environment of its own",
    )  # fmt: skip
    parser.add(
        "--extensions", choices=POLICIES,
        help="for a new interpreter: load extension modules that refuse from private copies (auto), refuse them "
        "(strict), or load all from private copies (private)",
    )  # fmt: skip
    parser.add("--clone-imports", action="store_true", help="first import what the notebook has imported")


def _environment_variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--env {text}: write --env NAME=VALUE")
    return name, value


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e8:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of seconds: write, for example, --timeout 60")
    return seconds


def _variable(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid variable name")
    return text
