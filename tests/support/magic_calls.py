"""Calls of the magics, with what they show."""

from __future__ import annotations

from IPython.utils.capture import capture_output

__all__ = ["cell", "line"]


def cell(shell, line, body):
    """Run a ``%%subinterp`` cell and return what it shows."""
    with capture_output() as captured:
        shell.run_cell_magic("subinterp", line, body)
    return captured


def line(shell, text):
    """Run a ``%subinterp`` line and return what it shows."""
    with capture_output() as captured:
        shell.run_line_magic("subinterp", text)
    return captured
