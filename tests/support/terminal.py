"""A program on a terminal of its own: what is typed there, and what can be read, without colours and the like."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import pexpect

__all__ = ["Terminal"]

_TIMEOUT = 100
_ESCAPES = re.compile(r"\x1b\][^\x07]*\x07|\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """Starts a command with its settings, history and sockets in `folder`; so many blank lines end a cell there."""

    def __init__(self, command: Sequence[str], folder: Path, blank_lines: int) -> None:
        self._end_of_cell = [""] * blank_lines
        ours = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        # A terminal type whose cursor position is not queried, because nothing here would answer.
        ours |= {"IPYTHONDIR": str(folder / "ipython"), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        with warnings.catch_warnings():
            # About forking beside threads. The child does nothing but start the command.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = pexpect.spawn(
                command[0], list(command[1:]), cwd=folder, env={**os.environ, **ours},
                encoding="utf-8", dimensions=(60, 200), timeout=_TIMEOUT,
            )  # fmt: skip
        self._raw = ""
        self._seen = 0  # how much of the readable text earlier waits have passed

    def wait_for(self, text: str) -> str:
        """Read until that text appears; return what came since the last wait, up to its end."""
        end = time.monotonic() + _TIMEOUT
        while (found := self._text.find(text, self._seen)) < 0:
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} did not appear; the terminal shows:\n{self._text[-2000:]}")
            self._read()
        begin, self._seen = self._seen, found + len(text)
        return self._text[begin : self._seen]

    def type(self, *lines: str) -> None:
        for line in lines:
            self._process.send(line + "\r")

    def type_cell(self, *lines: str) -> None:
        self.type(*lines, *self._end_of_cell)

    def press_ctrl_c(self) -> None:
        self._process.sendintr()

    def leave(self, word: str) -> tuple[str, int | None]:
        """Type the word that ends the program; return what it says, and its status (None if it must be killed)."""
        self.type(word)
        end = time.monotonic() + _TIMEOUT
        while time.monotonic() < end and (self._process.isalive() or self._read()):
            self._read()
        self._process.close(force=True)
        return self._text[self._seen :], self._process.exitstatus

    def close(self) -> None:
        """End the program, whatever it does."""
        self._process.close(force=True)

    @property
    def _text(self) -> str:
        return _ESCAPES.sub("", self._raw)

    def _read(self) -> bool:
        try:
            self._raw += self._process.read_nonblocking(10_000, timeout=0.1)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            return False
        return True
