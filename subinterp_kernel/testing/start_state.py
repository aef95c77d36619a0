"""What the plugin knows from the moment at which pytest has loaded it."""

from __future__ import annotations

import sys

__all__ = ["IMPORT_PATH", "is_inside", "mark_inside"]

IMPORT_PATH = tuple(sys.path)
"""``sys.path`` as it was before pytest and conftest files changed it: the child process starts with it, too."""

_inside = False


def mark_inside() -> None:
    """Let the options have no effect from now on: this interpreter is one of those that they ask for."""
    global _inside
    _inside = True


def is_inside() -> bool:
    """Return whether the tests run in this interpreter."""
    return _inside
