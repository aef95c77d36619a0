"""Shell commands of cells (``!cmd``)."""

from __future__ import annotations

import codecs
import errno
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator

__all__ = ["run"]

_CHUNK = 1 << 16  # bytes of output at a time
_SIZE = (24, 80)  # rows and columns, as in the main interpreter
_SLICE = 100  # milliseconds; the longest time until a wait for output notices an interrupt


def run(command: str, write: Callable[[str], object]) -> int:
    """Run a command on a pseudo-terminal and return its exit code.

    Parameters
    ----------
    command : str
        A command of the user's shell.
    write : callable
        Is called with each piece of the output.

    Notes
    -----
    There is no fork, and no controlling terminal: the command stays in the process group that Ctrl-C reaches. Without
    pseudo-terminals, as on Windows or in some containers, the command writes to a pipe.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    process, output = _start(command)
    with process:
        try:
            for chunk in _chunks(output):
                write(decoder.decode(chunk))
        except KeyboardInterrupt:
            process.terminate()
            raise
        finally:
            os.close(output)
    return process.returncode


def _start(command: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command; return its process and the file descriptor of its output."""
    shell = os.environ.get("SHELL") or shutil.which("sh")
    output, end_of_command = _open_terminal() or os.pipe()
    stdin = end_of_command if os.isatty(end_of_command) else None
    try:
        process = subprocess.Popen(
            command, shell=True, executable=shell, stdin=stdin, stdout=end_of_command, stderr=end_of_command
        )
    except BaseException:
        os.close(output)
        raise
    finally:
        os.close(end_of_command)
    return process, output


def _open_terminal() -> tuple[int, int] | None:
    """Return the two ends of a new pseudo-terminal, or None where the system has none to give."""
    if not hasattr(os, "openpty"):
        return None
    import termios

    try:
        output, end_of_command = os.openpty()
    except OSError:  # for example a container without /dev/pts
        return None
    termios.tcsetwinsize(output, _SIZE)
    return output, end_of_command


def _chunks(output: int) -> Iterator[bytes]:
    while True:
        _wait_for_output(output)
        try:
            chunk = os.read(output, _CHUNK)
        except OSError as error:
            if error.errno != errno.EIO:  # Linux's end of file
                raise
            return
        if not chunk:
            return
        yield chunk


def _wait_for_output(output: int) -> None:
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(output, select.POLLIN)
        while not poll.poll(_SLICE):
            pass
