"""Shell commands of cells."""

from __future__ import annotations

import os
import sys

import pytest

from subinterp_kernel.worker import commands

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a POSIX shell")


def run(command):
    pieces = []
    return commands.run(command, pieces.append), "".join(pieces)


def test_a_command_writes_to_a_terminal():
    assert run("test -t 1 && echo yes; exit 3") == (3, "yes\r\n")


def test_without_terminals_a_command_writes_to_a_pipe(monkeypatch):
    def refuse():
        raise OSError(19, "No such device")

    monkeypatch.setattr(os, "openpty", refuse)
    assert run("test -t 1 || echo no; exit 3") == (3, "no\n")
