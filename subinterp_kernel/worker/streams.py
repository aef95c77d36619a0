"""``sys.stdout`` and ``sys.stderr`` of a sub-interpreter: text files that send what is written as events."""

from __future__ import annotations

import contextvars
import io
import sys

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.messaging import protocol

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Buffer

__all__ = ["EventFile", "is_event_stream", "redirect", "request_of_task"]

_DESCRIPTORS = {protocol.STDOUT: 1, protocol.STDERR: 2}
request_of_task: contextvars.ContextVar[int] = contextvars.ContextVar("request_of_task", default=0)
"""The request of the cell that created the running asyncio task; 0 if there is no such cell."""

_CHUNK = 256 << 10  # longer texts are sent in parts, so that memory stays bounded if the reader is slow


class EventFile(io.BufferedIOBase):
    """The binary file under a stream; each write sends an event immediately."""

    def __init__(self, outbox: _worker_thread.Outbox, kind: int, name: str) -> None:
        self.name = name
        self._emit = outbox.emit
        self._kind = kind
        self._unflushed = False

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Emit the bytes; waits while too many events are unread."""
        view = memoryview(data).cast("B")
        self._unflushed = True
        for start in range(0, view.nbytes, _CHUNK):
            self._emit(self._kind, view[start : start + _CHUNK], request_of_task.get())
        return view.nbytes

    def flush(self) -> None:
        """Make the frontend show what was written before any later output."""
        if self._unflushed:
            self._unflushed = False
            self._emit(protocol.FLUSH, b"%d" % self._kind, request_of_task.get())

    def fileno(self) -> int:
        """Return the file descriptor of the process, which a child process may inherit."""
        return _DESCRIPTORS[self._kind]

    def isatty(self) -> bool:
        """Return False."""
        return False


def is_event_stream(stream: object) -> bool:
    """Return whether a text file was created by :func:`redirect`."""
    return isinstance(getattr(stream, "buffer", None), EventFile)


def redirect(outbox: _worker_thread.Outbox) -> None:
    """Replace this interpreter's ``sys.stdout`` and ``sys.stderr``."""
    sys.stdout = _text_file(outbox, protocol.STDOUT, "<stdout>")
    sys.stderr = _text_file(outbox, protocol.STDERR, "<stderr>")


def _text_file(outbox: _worker_thread.Outbox, kind: int, name: str) -> io.TextIOWrapper:
    raw = EventFile(outbox, kind, name)
    return io.TextIOWrapper(raw, encoding="UTF-8", errors="backslashreplace", newline="", write_through=True)
