"""A sink that records the output of a job before it passes it on."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable

from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.event_reader import Sink

__all__ = ["Recording"]

_KEPT_BYTES = 16 << 20


class Recording:
    """Records events, and passes them on; of more than 16 MiB, the last are kept. Thread-safe.

    Parameters
    ----------
    show : callable
        The sink that gets each event.
    on_progress : callable
        Takes the fraction and the text of each progress report, which is neither recorded nor passed on.
    """

    def __init__(self, show: Sink, on_progress: Callable[[float, str], None]) -> None:
        self._show = show
        self._on_progress = on_progress
        self._events: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, kind: int, payload: bytes) -> None:
        """Record one event and pass it on."""
        if kind == protocol.PROGRESS:
            report = json.loads(payload)
            self._on_progress(report["fraction"], report["text"])
            return
        with self._lock:
            self._events.append((kind, payload))
            self._bytes += len(payload)
            while self._bytes > _KEPT_BYTES and len(self._events) > 1:
                self._bytes -= len(self._events.popleft()[1])
        self._show(kind, payload)

    def events(self) -> list[tuple[int, bytes]]:
        """Return the recorded events, oldest first."""
        with self._lock:
            return list(self._events)

    def last_text(self, size: int) -> str:
        """Return at least the last `size` bytes of what was written to both streams, as far as they are recorded."""
        parts: list[bytes] = []
        for kind, payload in reversed(self.events()):
            if kind in (protocol.STDOUT, protocol.STDERR):
                parts.append(payload)
                size -= len(payload)
            if size <= 0:
                break
        return b"".join(reversed(parts)).decode("utf-8", "replace")

    def text(self, stream: int) -> str:
        """Return the recorded text of a stream: ``protocol.STDOUT`` or ``protocol.STDERR``."""
        return b"".join(payload for kind, payload in self.events() if kind == stream).decode("utf-8", "replace")
