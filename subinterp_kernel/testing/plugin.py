"""What pytest loads in every run: the options, and the way to the controller if they are given.

Imports nothing else of this package before that, so that a run without ``--subinterp`` costs nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import pytest

from subinterp_kernel.testing.start_state import is_inside

__all__ = ["pytest_addoption", "pytest_cmdline_main"]

_MOST = 64


class _Count(argparse.Action):
    """Stores the number in ``--subinterp=3``, which is a part of the option's name."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,  # noqa: ARG002
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, int((option_string or "").partition("=")[2] or 1))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("subinterp", "tests in sub-interpreters")
    group.addoption(
        "--subinterp",
        dest="subinterp",
        action=_Count,
        nargs=0,
        default=0,
        help="Run the tests in a sub-interpreter that has its own GIL. "
        f"--subinterp=N: in N of them at once, each the whole suite (1 to {_MOST}).",
    )
    # argparse would take the `tests` of `--subinterp tests` for an optional number. So each number is an option without
    # an argument.
    numbered = [f"--subinterp={number}" for number in range(1, _MOST + 1)]
    parser.getgroup("subinterp numbers").addoption(
        *numbered, dest="subinterp", action=_Count, nargs=0, default=0, help=argparse.SUPPRESS
    )
    group.addoption(
        "--subinterp-extensions",
        choices=["auto", "strict", "private"],
        default="auto",
        help="How they load extension modules: private copies of those that do not declare support (auto), "
        "refuse those as CPython does (strict), or private copies of all (private).",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the tests in sub-interpreters if ``--subinterp`` is given.

    Raises
    ------
    UsageError
        Another option cannot be combined with it.
    """
    count = config.getoption("subinterp")
    if not count or is_inside():
        return
    _refuse_other_options(config)
    from subinterp_kernel.testing.controller import Controller

    config.pluginmanager.register(Controller(config, count), "subinterp-controller")


def _refuse_other_options(config: pytest.Config) -> None:
    if config.getoption("usepdb", default=False) or config.getoption("trace", default=False):
        raise pytest.UsageError("--pdb and --trace do not work with --subinterp: debug the test without --subinterp")
    distributed = config.getoption("numprocesses", default=None) or config.getoption("tx", default=None)
    if distributed or hasattr(config, "workerinput"):
        raise pytest.UsageError(
            "-n of pytest-xdist does not work with --subinterp: leave out one of them (or see --subinterp=N)"
        )
