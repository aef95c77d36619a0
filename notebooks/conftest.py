"""Make `pytest --nbval notebooks` know what differs from run to run, without a further option."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Point nbval to the patterns beside the notebooks, unless others were asked for."""
    if getattr(config.option, "nbval_sanitize_with", "") is None:
        config.option.nbval_sanitize_with = str(Path(__file__).with_name("nbval_sanitize.cfg"))
