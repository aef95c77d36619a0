"""Examines several distributions, and keeps what it knows when it is stopped."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass, replace
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING

from subinterp_kernel.doctor import distributions
from subinterp_kernel.doctor.cache import Cache
from subinterp_kernel.doctor.child_process import Limits
from subinterp_kernel.doctor.errors import DoctorError
from subinterp_kernel.doctor.examination import Settings, examine_distribution
from subinterp_kernel.doctor.levels import LEVELS
from subinterp_kernel.doctor.records import Package, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.metadata import Distribution

__all__ = ["Examiner", "examine", "settings_for"]


def examine(
    *names: str, level: str = "imports", cycles: int = 200, timeout: float = 300, cached: bool = True
) -> Report:
    """Find out how well packages work in interpreters with GILs of their own.

    Parameters
    ----------
    *names : str
        Installed distributions, or packages that they provide.
    level : {"declared", "imports", "survives", "tests"}
        The last level that is tried. What may crash is tried in child processes.
    cycles : int
        How many interpreters are made and destroyed for `survives`.
    timeout : float
        The number of seconds for each trial of a package.
    cached : bool
        Whether to use and keep results in the user's cache folder.

    Returns
    -------
    Report
        With one package for each name.

    Raises
    ------
    DoctorError
        A package is not installed, there is no such level, or pyelftools is missing.
    KeyboardInterrupt
        Ctrl-C; the results that were known by then are in the cache.

    Examples
    --------
    >>> from subinterp_kernel import doctor
    >>> report = doctor.examine("cloudpickle", level="declared")
    >>> report.packages[0].levels.declared
    'pure'
    """
    settings = settings_for(level, cycles, timeout, cached=cached)
    found = [distributions.find(name) for name in names]
    examiner = Examiner(settings)
    report = examiner.run(found)
    if examiner.was_stopped:
        raise KeyboardInterrupt
    return report


def settings_for(level: str, cycles: int = 200, timeout: float = 300, *, cached: bool = True) -> Settings:
    """Return the settings of a run; DoctorError if they are not valid."""
    if level == "tests" and find_spec("pytest") is None:
        raise DoctorError("the level tests needs pytest, which is not installed: pip install pytest")
    if level not in LEVELS:
        raise DoctorError(f"there is no level {level!r}: choose {', '.join(LEVELS)}")
    if cycles < 1 or not 0 < timeout < 1e8:
        raise DoctorError("the number of cycles and the time limit must be positive")
    return Settings(level, cycles, Limits(min(60.0, timeout), timeout), Cache(enabled=cached))


@dataclass
class Examiner:
    """Examines distributions one after the other.

    Parameters
    ----------
    settings : Settings
        What is tried.
    total : float
        Seconds after which the rest is not tried any more, and trials end.
    on_progress : callable, optional
        Called before each with its name, the number of those that are done, and the number of all.

    Attributes
    ----------
    was_stopped : bool
        Whether Ctrl-C ended the run.
    """

    settings: Settings
    total: float = 3600.0
    on_progress: Callable[[str, int, int], None] | None = None
    was_stopped: bool = False

    def run(self, found: Sequence[Distribution]) -> Report:
        """Return the report; after Ctrl-C, with those that were done before."""
        end = time.monotonic() + self.total
        packages: list[Package] = []
        try:
            for number, distribution in enumerate(found):
                name = distribution.metadata["Name"]
                if self.on_progress:
                    self.on_progress(name, number, len(found))
                if (left := end - time.monotonic()) > 0:
                    packages.append(self._examine(distribution, left))
                else:
                    text = f"not tried: the time limit for all, {self.total:g} s, was over"
                    packages.append(Package(name, distribution.version, findings=(text,)))
        except KeyboardInterrupt:
            self.was_stopped = True
        return Report(platform.python_version(), date.today().isoformat(), tuple(packages))

    def _examine(self, distribution: Distribution, left: float) -> Package:
        if distribution.files is None:
            text = "not tried: its metadata do not list its files; install it with pip"
            return Package(distribution.metadata["Name"], distribution.version, findings=(text,))
        limits = replace(self.settings.limits, total=min(self.settings.limits.total, left))
        return examine_distribution(distribution, replace(self.settings, limits=limits))
