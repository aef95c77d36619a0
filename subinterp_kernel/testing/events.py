"""What an interpreter tells the controller: one line of JSON for each event."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["STOPPED", "EventWriter", "read_events"]

STOPPED = "the controller has stopped the run"
"""Why an inner session stops if the reason is outside of it, such as the number of failures in all interpreters."""


class EventWriter:
    """Writes events to a pipe.

    Parameters
    ----------
    descriptor : int
        The end of the pipe to write to. It is closed by :meth:`close`.
    """

    def __init__(self, descriptor: int) -> None:
        self._file = open(descriptor, "wb")  # noqa: SIM115 - close() closes it
        self._lock = threading.Lock()

    def send(self, name: str, **values: Any) -> None:
        """Write one event; a value that JSON does not know is sent as its ``repr``."""
        line = json.dumps({"event": name, **values}, default=repr).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        """Close the pipe: there are no more events."""
        self._file.close()


def read_events(descriptor: int) -> Iterator[dict[str, Any]]:
    """Return the events of a pipe as they arrive, until it is closed.

    Parameters
    ----------
    descriptor : int
        The end of the pipe to read from. It is closed at the end.
    """
    with open(descriptor, "rb") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the process ended, or was interrupted, while it wrote this line
