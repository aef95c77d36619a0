"""The child process as the controller sees it: a source of events, which obeys commands and can always be ended."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from subinterp_kernel.testing.events import read_events
from subinterp_kernel.testing.inherited_pipes import Pipe, inherit
from subinterp_kernel.testing.start_state import IMPORT_PATH

__all__ = ["ChildProcess"]

_START = """
import json, sys
sys.path[:] = json.loads(sys.argv.pop(1))
from subinterp_kernel.testing.child import main
main()
"""
_POLL = 0.5  # seconds; on Windows, Ctrl-C does not end a wait for a queue
_LAST_EVENTS = 5.0  # seconds after the process has ended; a process that a test has started may hold a pipe open
_PATIENCE = 10.0  # seconds to react to an interrupt

type _Event = dict[str, Any]


class ChildProcess:
    """Starts the process and the interpreters in it.

    Parameters
    ----------
    numbers : list of int
        The numbers of the interpreters to make.
    folder : str
        Its working directory.
    configuration : dict
        What `child.main` needs to know.

    Attributes
    ----------
    is_ending : bool
        Whether this process has told it to end.
    """

    def __init__(self, numbers: list[int], folder: str, configuration: dict[str, Any]) -> None:
        self.is_ending = False
        self._deadline = float("inf")
        self._queue: queue.SimpleQueue[tuple[int | None, _Event | None]] = queue.SimpleQueue()
        pipes = {number: Pipe() for number in numbers}
        self._process = _start(pipes, folder)
        for number, pipe in pipes.items():
            pipe.close_writer()
            self._in_thread(self._read, number, pipe.reader)
        self._in_thread(self._wait)
        self._open = set(numbers)
        names = {number: pipe.number for number, pipe in pipes.items()}
        self._send(json.dumps({"numbers": numbers, "pipes": names, **configuration}))

    @property
    def returncode(self) -> int | None:
        """Return the exit status, or minus the number of the signal; None while the process runs."""
        return self._process.returncode

    def events(self) -> Iterator[tuple[int, _Event]]:
        """Return the events, each with the number of the interpreter, until the process has ended.

        Raises
        ------
        KeyboardInterrupt
            After :meth:`ctrl_c`. The events that follow are not lost.
        """
        ended_at = None
        while self._open or ended_at is None:
            number, event = self._next()
            if number is not None and event is not None:
                yield number, event
            elif number is not None:
                self._open.discard(number)
            elif event is not None:
                raise KeyboardInterrupt
            elif self._process.returncode is not None:
                ended_at = ended_at or time.monotonic()
            if ended_at is not None and time.monotonic() > ended_at + _LAST_EVENTS:
                return
            if time.monotonic() > self._deadline and ended_at is None:
                self._process.kill()

    def go(self) -> None:
        """Let the tests begin."""
        self._send("go")

    def ctrl_c(self) -> None:
        """Let :meth:`events` raise KeyboardInterrupt; may be called by a signal handler."""
        self._queue.put((None, {}))

    def finish(self) -> None:
        """Let no further test begin."""
        self._send("finish")

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in its tests; it is killed if it has not ended a while later."""
        self.is_ending = True
        self._deadline = min(self._deadline, time.monotonic() + _PATIENCE)
        self._send("interrupt")

    def end(self) -> None:
        """Kill the process unless it has ended."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._stdin.close()

    # ------------------------------------------------------------------------------------------------ internals

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def _send(self, command: str) -> None:
        with contextlib.suppress(OSError):  # it has ended, which the events will tell
            self._stdin.write(command.encode() + b"\n")
            self._stdin.flush()

    def _next(self) -> tuple[int | None, _Event | None]:
        try:
            return self._queue.get(timeout=_POLL)
        except queue.Empty:
            return None, None

    def _read(self, number: int, descriptor: int) -> None:
        for event in read_events(descriptor):
            self._queue.put((number, event))
        self._queue.put((number, None))

    def _wait(self) -> None:
        self._process.wait()
        self._queue.put((None, None))

    def _in_thread(self, function: Any, *arguments: Any) -> None:
        threading.Thread(target=function, args=arguments, daemon=True).start()


def _start(pipes: dict[int, Pipe], folder: str) -> subprocess.Popen[bytes]:
    options = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return subprocess.Popen(
        [sys.executable, *options, "-P", "-c", _START, json.dumps(IMPORT_PATH)],
        stdin=subprocess.PIPE,
        cwd=folder,
        **inherit(pipes.values()),
    )
