"""``sys.stdout`` and ``sys.stderr`` of a sub-interpreter: ordinary text files whose bytes become events."""

from __future__ import annotations

import contextvars
import io
import sys
from collections.abc import Buffer

from subinterp_kernel import protocol
from subinterp_kernel.compiled import inside as _inside

__all__ = ["EventFile", "is_event_stream", "redirect", "request_of_task"]

_DESCRIPTORS = {protocol.STDOUT: 1, protocol.STDERR: 2}
request_of_task: contextvars.ContextVar[int] = contextvars.ContextVar("request_of_task", default=0)
"""The request of the cell that has made the asyncio task which runs now; 0 where no such cell is known."""

_CHUNK = 256 << 10  # a larger text goes out in parts, so that memory stays bounded when the reader is slow


class EventFile(io.BufferedIOBase):
    """The binary file under a stream: every write is an event at once."""

    def __init__(self, outbox: _inside.Outbox, kind: int, name: str) -> None:
        self.name = name
        self._emit = outbox.emit
        self._kind = kind
        self._unflushed = False

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Emit the bytes; waits while the reader is more than a mailbox behind."""
        view = memoryview(data).cast("B")
        self._unflushed = True
        for start in range(0, view.nbytes, _CHUNK):
            self._emit(self._kind, view[start : start + _CHUNK], request_of_task.get())
        return view.nbytes

    def flush(self) -> None:
        """Have what was written shown before anything else is."""
        if self._unflushed:
            self._unflushed = False
            self._emit(protocol.FLUSH, b"%d" % self._kind, request_of_task.get())

    def fileno(self) -> int:
        """Return the process's descriptor, which a child process may inherit."""
        return _DESCRIPTORS[self._kind]

    def isatty(self) -> bool:
        """Tell that nobody sits at a terminal here."""
        return False


def is_event_stream(stream: object) -> bool:
    """Tell whether a text file is one of those that :func:`redirect` makes."""
    return isinstance(getattr(stream, "buffer", None), EventFile)


def redirect(outbox: _inside.Outbox) -> None:
    """Replace this interpreter's ``sys.stdout`` and ``sys.stderr``."""
    sys.stdout = _text_file(outbox, protocol.STDOUT, "<stdout>")
    sys.stderr = _text_file(outbox, protocol.STDERR, "<stderr>")


def _text_file(outbox: _inside.Outbox, kind: int, name: str) -> io.TextIOWrapper:
    raw = EventFile(outbox, kind, name)
    return io.TextIOWrapper(raw, encoding="UTF-8", errors="backslashreplace", newline="", write_through=True)
