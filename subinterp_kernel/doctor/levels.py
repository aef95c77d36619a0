"""The names of the levels."""

from __future__ import annotations

__all__ = ["LEVELS"]

LEVELS = ("declared", "imports", "survives", "tests")
