"""Pipes whose writing end a child process inherits, by its number: of a descriptor, or of a handle on Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

__all__ = ["Pipe", "descriptor_of", "inherit"]


class Pipe:
    """A pipe from the child process to this one.

    Attributes
    ----------
    reader : int
        The descriptor to read from.
    number : int
        What the child process gives to :func:`descriptor_of`.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        if sys.platform == "win32":
            import msvcrt

            self.number: int = msvcrt.get_osfhandle(self._writer)
        else:
            self.number = self._writer

    def close_writer(self) -> None:
        """Close the end that the child process has inherited: so the pipe is at its end when the child is."""
        os.close(self._writer)


def inherit(pipes: Iterable[Pipe]) -> dict[str, Any]:
    """Return the arguments with which ``subprocess.Popen`` gives the pipes to the child process."""
    numbers = [pipe.number for pipe in pipes]
    if sys.platform != "win32":
        return {"pass_fds": numbers}
    for number in numbers:
        os.set_handle_inheritable(number, True)
    startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": numbers})
    return {"startupinfo": startup, "close_fds": True}


def descriptor_of(number: int) -> int:
    """Return the descriptor of a pipe that this process has inherited; its own children do not inherit it."""
    if sys.platform == "win32":
        import msvcrt

        os.set_handle_inheritable(number, False)
        return msvcrt.open_osfhandle(number, os.O_WRONLY)
    os.set_inheritable(number, False)
    return number
