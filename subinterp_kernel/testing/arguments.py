"""The command line of the inner pytest."""

from __future__ import annotations

import os

import pytest

__all__ = ["inner_arguments"]


def inner_arguments(config: pytest.Config, number: int, count: int) -> list[str]:
    """Return the user's arguments, and what must be different inside.

    Parameters
    ----------
    config : pytest.Config
        The configuration of the outer pytest.
    number, count : int
        The number of the interpreter, from 1, and how many there are.

    Returns
    -------
    list of str
        The arguments of ``pytest.main``.
    """
    arguments = list(map(os.fspath, config.invocation_params.args))
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:end], *_added(config, number, count), *arguments[end:]]


def _added(config: pytest.Config, number: int, count: int) -> list[str]:
    added = [f"--rootdir={config.rootpath}"]
    if config.pluginmanager.has_plugin("terminal"):
        added += ["--no-header", "--no-summary"]
    if config.getoption("capture") == "fd":
        added.append("--capture=sys")  # descriptors 1 and 2 belong to the process, and so to all interpreters
    if hasattr(config.option, "timeout_method"):
        added.append("--timeout-method=thread")  # there are no signal handlers in sub-interpreters
    if hasattr(config.option, "no_cov"):
        added.append("--no-cov")  # coverage measures the main interpreter
    if count > 1 and (base := config.getoption("basetemp", default=None)):
        os.makedirs(base, exist_ok=True)
        added.append(f"--basetemp={os.path.join(base, str(number))}")  # pytest empties it at its start
    return added
