"""The command ``subinterp-kernel doctor``."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import distributions
from subinterp_kernel.doctor.errors import DoctorError
from subinterp_kernel.doctor.examiner import Examiner, settings_for
from subinterp_kernel.doctor.levels import LEVELS
from subinterp_kernel.doctor.output.badge import badge
from subinterp_kernel.doctor.output.html_report import html_report
from subinterp_kernel.doctor.output.junit import junit
from subinterp_kernel.doctor.output.packages_page import packages_page, read_report
from subinterp_kernel.doctor.output.text import import_rich, print_report

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence
    from importlib.metadata import Distribution

    from subinterp_kernel.doctor.records import Report

__all__ = ["main"]

_INTERRUPTED = 130  # the status of a command that Ctrl-C ended
_DESCRIPTION = "Find out which packages work in sub-interpreters, how well, and why not."
_EPILOG = "`table F.json...` prints a table in Markdown from several files that --json wrote."


def main(arguments: Sequence[str] | None = None, program: str = "subinterp-kernel doctor") -> int:
    """Run the command and return its status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line, if not given.
    program : str
        How the user called it.

    Returns
    -------
    int
        0; 1 if a package does not reach the level of ``--require``; 2 if something is wrong with the arguments.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["table"]:
            sys.stdout.write(packages_page([read_report(path) for path in words[1:]]))
            return 0
        return _examine(_parser(program).parse_args(words))
    except DoctorError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2


def _examine(given: Namespace) -> int:
    settings = settings_for(given.level, given.cycles, given.timeout, cached=given.cache)
    chosen = _chosen(given)
    if given.badge and len(chosen) != 1:
        raise DoctorError("--badge F is for one package: name it")
    if not given.quiet:
        import_rich("console")  # before hours of work, not after
    with _progress(len(chosen), quiet=given.quiet) as on_progress:
        examiner = Examiner(settings, given.total_timeout, on_progress)
        report = examiner.run(chosen)
    _write(report, given)
    if not given.quiet:
        print_report(report)
    if examiner.was_stopped:
        print(f"stopped: {len(report.packages)} of {len(chosen)} packages were examined", file=sys.stderr)
        return _INTERRUPTED
    reached = [getattr(package.levels, given.require) for package in report.packages] if given.require else []
    return 0 if all(reached) else 1


def _chosen(given: Namespace) -> list[Distribution]:
    """Return the distributions to examine, each once."""
    found = [distributions.find(name) for name in given.packages]
    for path in given.requirements:
        for name in distributions.required_by(path):
            try:
                found.append(distributions.find(name))
            except DoctorError as error:
                print(f"{path}: {error}", file=sys.stderr)
    if given.all:
        found += distributions.all_installed()
    if not found:
        raise DoctorError("nothing to examine: name packages, or write --all or -r requirements.txt")
    return list({distributions.normalized(each.metadata["Name"]): each for each in found}.values())


def _write(report: Report, given: Namespace) -> None:
    """Write the files that were asked for."""
    outputs: dict[str | None, Callable[[], str]] = {
        given.json: lambda: json.dumps(report.to_json(), indent=1) + "\n",
        given.html: lambda: html_report(report),
        given.junit: lambda: junit(report),
        given.badge: lambda: badge(report) if report.packages else "",
    }
    for path, content in outputs.items():
        if path is None:
            continue
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content())
        except OSError as error:
            raise DoctorError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show a progress bar in a terminal; yield the function that moves it."""
    if quiet or total < 2 or not sys.stderr.isatty():
        yield None
        return
    console, progress = import_rich("console", "progress")
    with progress.Progress(console=console.Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda name, done, _total: bar.update(task, description=name, completed=done)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(program, description=_DESCRIPTION, epilog=_EPILOG)
    add = parser.add_argument
    add("packages", metavar="PACKAGE", nargs="*", help="an installed distribution, or a package that one provides")
    add("--all", action="store_true", help="all installed distributions")
    add(
        "-r", "--requirements", metavar="F", action="append", default=[], help="those that a file of requirements names"
    )
    add("--level", default="imports", metavar="LEVEL", help=f"the last level to try: {', '.join(LEVELS)}")
    add("--cycles", type=int, default=200, metavar="N", help="interpreters made and destroyed for `survives` (200)")
    add("--timeout", type=float, default=300, metavar="SECONDS", help="limit of each trial of a package (300)")
    add("--total-timeout", type=float, default=3600, metavar="SECONDS", help="limit of all packages together (3600)")
    add("--no-cache", dest="cache", action="store_false", help="neither use nor keep results in the cache folder")
    add("--json", metavar="F", help="write the report as JSON")
    add("--html", metavar="F", help="write it as an HTML page")
    add("--junit", metavar="F", help="write it as JUnit's XML")
    add("--badge", metavar="F", help="write the level of one package and the date as an SVG")
    add(
        "--require",
        metavar="LEVEL",
        choices=("imports", "survives", "private", "tests"),
        help="status 1 if one does not reach it",
    )
    add("-q", "--quiet", action="store_true", help="print nothing")
    return parser
