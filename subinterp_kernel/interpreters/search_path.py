"""The entries of this interpreter's ``sys.path``: those copied from the main interpreter, and extra ones."""

from __future__ import annotations

import os
import sys

__all__ = ["extra_entries", "main_path", "remember_main_path", "remove_start_entry", "start_path"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_START_ENTRY = os.path.join(os.path.dirname(_PACKAGE), "")  # with a separator at its end, unlike the usual entries

_remembered: list[str] | None = None  # the entries copied from main; None if there are no others


def main_path() -> list[str]:
    """Return the entries from which this package and IPython are imported."""
    return _entries() if _remembered is None else list(_remembered)


def start_path() -> list[str]:
    """Return the entries for the start of an interpreter.

    If another folder of this package's name would be found, such as its sources in the current directory, the place of
    this package comes first; the interpreter removes that entry again.
    """
    entries = main_path()
    for entry in entries:
        found = os.path.join(entry, os.path.basename(_PACKAGE))
        if os.path.isdir(found):
            return entries if os.path.realpath(found) == os.path.realpath(_PACKAGE) else [_START_ENTRY, *entries]
    return entries


def remove_start_entry() -> None:
    """Remove the entry that :func:`start_path` has added; the package that it leads to is imported by now."""
    if sys.path and sys.path[0] == _START_ENTRY:
        del sys.path[0]


def extra_entries() -> list[str]:
    """Return the other entries: those of ``path`` and ``venv``, and those that code in this interpreter added."""
    return [] if _remembered is None else [entry for entry in _entries() if entry not in _remembered]


def remember_main_path(entries: list[str]) -> None:
    """Record which entries were copied from main; called in an interpreter that gets extra ones."""
    global _remembered
    _remembered = entries


def _entries() -> list[str]:
    return [entry for entry in sys.path if isinstance(entry, str)]
