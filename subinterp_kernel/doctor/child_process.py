"""Runs a program of the doctor in a child process, with time limits, and always reaps it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["Child", "Ending", "Limits", "run"]

# Libraries start fewer threads, and none looks for a display.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONFAULTHANDLER": "1"}
# What a fault prints is long, and the reason is at its beginning.
_FATAL = ("Fatal Python error:", "Debug memory block", "terminate called", "free(): ", "corrupted ", "thread '")


@dataclass(frozen=True)
class Limits:
    """How long a child process may take.

    Attributes
    ----------
    silent : float
        Seconds without any progress, after which it hangs.
    total : float
        Seconds after which it is stopped, although it makes progress.
    """

    silent: float = 60.0
    total: float = 300.0


@dataclass(frozen=True)
class Ending:
    """How a child process ended.

    Attributes
    ----------
    status : {"done", "crashed", "failed", "hung", "out of time"}
        In one word.
    detail : str
        The same as a part of a sentence, such as ``"crashes (SIGSEGV)"``; empty if it is done.
    """

    status: str
    detail: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the program came to its end."""
        return self.status == "done"


class Child:
    """A child process that runs a program and reports events, each a dictionary.

    Parameters
    ----------
    program : str
        A module of :mod:`subinterp_kernel.doctor.programs`.
    request : dict
        What the program reads first.
    limits : Limits
        How long it may take.
    variables : dict of str to str
        Environment variables.
    """

    def __init__(self, program: str, request: dict[str, Any], limits: Limits, variables: dict[str, str]) -> None:
        self.ending = Ending("failed", "ends before it has begun")
        self._limits = limits
        self._folder = tempfile.TemporaryDirectory(prefix="subinterp-doctor-", ignore_cleanup_errors=True)
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115, close() closes it
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"subinterp_kernel.doctor.programs.{program}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._folder.name,  # packages may write files where they are imported
            env={**os.environ, **_ENVIRONMENT, **variables},
            start_new_session=True,  # so that Ctrl-C does not reach it, and its own children end with it
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._send({**request, "path": sys.path})

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield what the program reports, until it ends or its time is over; then `ending` is set."""
        end = time.monotonic() + self._limits.total
        while True:
            left = end - time.monotonic()
            try:
                line = self._lines.get(timeout=max(0.0, min(self._limits.silent, left)))
            except queue.Empty:
                self.ending = self._over_time(left)
                return
            if not line:
                self.ending = self._ended(max(1.0, end - time.monotonic()))
                return
            # A line that is cut off was the last before a crash.
            with contextlib.suppress(ValueError):
                yield json.loads(line)

    def close(self) -> None:
        """Kill the process with all that it has started, and reap it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._reader.join(10)
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()

    def _send(self, request: dict[str, Any]) -> None:
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
                stdin.write(json.dumps(request).encode())

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(b"")

    def _over_time(self, left: float) -> Ending:
        if left <= self._limits.silent:
            return Ending("out of time", f"was not done after {self._limits.total:.3g} s")
        return Ending("hung", f"does not answer for {self._limits.silent:g} s")

    def _ended(self, timeout: float) -> Ending:
        try:
            status = self._process.wait(min(timeout, self._limits.silent))
        except subprocess.TimeoutExpired:
            return Ending("hung", f"does not end within {self._limits.silent:g} s")
        if status == 0:
            return Ending("done")
        reason = self._reason()
        if status < 0:
            return Ending("crashed", f"crashes ({_signal_name(-status)}{': ' + reason if reason else ''})")
        return Ending("failed", f"ends the process with status {status}{': ' + reason if reason else ''}")

    def _reason(self) -> str:
        """Return the line of the process's error output that says most."""
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read(1 << 20).decode(errors="replace").splitlines()]
        fatal = [line for line in lines if line.startswith(_FATAL)]
        last = [line for line in lines if line and not line.startswith("Extension modules:")][-1:]
        return (fatal or ([] if self._process.returncode < 0 else last) or [""])[0][:200]


@contextlib.contextmanager
def run(
    program: str, request: dict[str, Any], limits: Limits, variables: dict[str, str] | None = None
) -> Iterator[Child]:
    """Start a program in a child process, which is ended and reaped when the block is left."""
    child = Child(program, request, limits, variables or {})
    try:
        yield child
    finally:
        child.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
