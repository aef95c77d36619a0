"""Where pytest writes inside: the controller has the terminal, and reports for all interpreters."""

from __future__ import annotations

import io
import os
import threading

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["QuietTerminal", "StartupStream"]


class QuietTerminal(io.TextIOBase):
    """The file of pytest's terminal reporter inside: drops what is written, or records it.

    What other threads write passes: pytest-timeout does so before it ends the process.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._recorded: list[str] | None = None

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str, /) -> int:
        """Record or drop the text of the thread that made this file; show that of others."""
        if threading.get_ident() != self._thread:
            os.write(2, text.encode(errors="replace"))
        elif self._recorded is not None:
            self._recorded.append(text)
        return len(text)

    def record(self) -> None:
        """Record what is written from now on."""
        self._recorded = []

    def end_record(self) -> str:
        """Return what was written since :meth:`record`, and drop it again from now on."""
        text, self._recorded = "".join(self._recorded or ()), None
        return text


class StartupStream(io.TextIOBase):
    """Stands for ``sys.stderr`` and keeps what pytest writes before its session starts: why it could not.

    Parameters
    ----------
    stream : text file
        Where text goes after that.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: list[str] | None = []

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the stream behind it."""
        return self._stream.fileno()

    def write(self, text: str, /) -> int:
        """Keep the text, or pass it on."""
        if self._kept is None:
            return self._stream.write(text)
        self._kept.append(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream behind it."""
        if self._kept is None and not self._stream.closed:  # it is, if this object lives until the interpreter ends
            self._stream.flush()

    def pass_on(self) -> None:
        """Write to the stream from now on, and first what was kept."""
        kept, self._kept = self._kept, None
        self._stream.write("".join(kept or ()))

    def text(self) -> str:
        """Return what was kept and not passed on."""
        return "".join(self._kept or ())
