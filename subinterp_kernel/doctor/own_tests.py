"""Runs the tests that a package installs, in main and then in an interpreter with a GIL of its own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import child_process
from subinterp_kernel.doctor.import_findings import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subinterp_kernel.doctor.child_process import Ending, Limits

__all__ = ["OwnTests", "run_own_tests"]

_NO_TESTS = 5  # pytest's exit status
_RAN = {0, 1}


@dataclass(frozen=True)
class OwnTests:
    """What a package's own tests have shown.

    Attributes
    ----------
    works : bool or None
        Whether all tests that pass in main pass inside; None if that was not seen, for example because the package
        installs no tests.
    problems : tuple of str
        Which tests fail inside, or why nothing was seen.
    """

    works: bool | None
    problems: tuple[str, ...]


@dataclass
class _Run:
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    status: int | None = None  # of pytest


def run_own_tests(packages: Sequence[str], limits: Limits) -> OwnTests:
    """Run the tests that packages install.

    Parameters
    ----------
    packages : sequence of str
        The packages.
    limits : Limits
        For each of two child processes.

    Notes
    -----
    The interpreter loads extension modules that refuse from private copies, because plugins of pytest may have some.
    """
    folders = [name for name in packages if _is_package(name)]
    if not folders:
        return OwnTests(None, ("it installs no tests",))
    main, ending = _run(folders, limits, inside=False)
    if why := _why_nothing_is_seen(main, ending):
        return OwnTests(None, (why,))
    inside, ending = _run(folders, limits, inside=True)
    if ending.status == "out of time" and not main.passed & inside.failed:
        done = len(main.passed & inside.passed)
        return OwnTests(None, (f"{done} of {len(main.passed)} tests passed inside when the time was over",))
    if ending.is_done and inside.status not in _RAN:
        return OwnTests(None, (f"pytest cannot run inside (it ends with status {inside.status})",))
    return _compared(main, inside, ending)


def _why_nothing_is_seen(main: _Run, ending: Ending) -> str:
    if not ending.is_done:
        return f"in main, pytest {ending.detail}"
    if main.status == _NO_TESTS:
        return "it installs no tests"
    passes = main.status in _RAN and main.passed
    return "" if passes else f"no test passes in main (pytest ends with status {main.status})"


def _is_package(name: str) -> bool:
    spec = find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def _compared(main: _Run, inside: _Run, ending: Ending) -> OwnTests:
    lost = sorted(main.passed - (inside.passed - inside.failed))
    problems = [] if ending.is_done else [f"inside, pytest {ending.detail}"]
    if lost:
        problems.append(f"{len(lost)} of {len(main.passed)} tests that pass in main do not pass inside: {some(lost)}")
    if not problems:
        return OwnTests(True, (f"all {len(main.passed)} tests that pass in main pass inside",))
    return OwnTests(False, tuple(problems))


def _run(packages: Sequence[str], limits: Limits, *, inside: bool) -> tuple[_Run, Ending]:
    found = _Run()
    request = {"packages": list(packages), "inside": inside}
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # for the process that the plugin starts
    with child_process.run("own_tests", request, limits, variables) as child:
        for event in child.events():
            if "test" in event:
                (found.passed if event["passed"] else found.failed).add(event["test"])
            found.status = event.get("status", found.status)
    found.passed -= found.failed
    return found, child.ending
