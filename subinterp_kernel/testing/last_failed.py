"""Corrects what pytest has written to its cache for ``--lf``: ids without the numbers of interpreters."""

from __future__ import annotations

from typing import Any

import pytest

from subinterp_kernel.testing.interpreter_run import InterpreterRun
from subinterp_kernel.testing.numbered_ids import plain_id

__all__ = ["remove_numbers"]

_KEY = "cache/lastfailed"


def remove_numbers(config: pytest.Config, runs: list[InterpreterRun]) -> None:
    """Let a test count as failed if it has failed in one of the interpreters.

    Parameters
    ----------
    config : pytest.Config
        The configuration of the outer pytest, whose cache is changed.
    runs : list of InterpreterRun
        All interpreters of the session.
    """
    cache = config.cache if config.pluginmanager.has_plugin("cacheprovider") else None
    if cache is None or config.getoption("collectonly"):
        return
    suffixes = [run.suffix for run in runs]
    entries: dict[str, Any] = cache.get(_KEY, {})
    plain = {nodeid: plain_id(nodeid, suffixes) for nodeid in entries}
    failed = {name for nodeid, name in plain.items() if name != nodeid}
    ran = {nodeid for run in runs for nodeid in run.done}
    before = {nodeid for nodeid, name in plain.items() if name == nodeid} - ran
    cache.set(_KEY, dict.fromkeys(sorted(failed | before), True))
