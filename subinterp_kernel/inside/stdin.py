"""``input()`` and ``getpass()`` of a sub-interpreter: questions that the frontend of the running cell answers."""

from __future__ import annotations

import builtins
import contextlib
import getpass
import json
import marshal
import sys
import threading
from collections.abc import Iterator

from IPython.core.error import StdinNotImplementedError

from subinterp_kernel import protocol
from subinterp_kernel.compiled import inside as _inside

__all__ = ["Stdin"]

_ERRORS = {cls.__name__: cls for cls in (StdinNotImplementedError, EOFError)}


class Stdin:
    """Replaces ``input`` and ``getpass.getpass`` of this interpreter.

    Parameters
    ----------
    outbox : Outbox
        Which carries the questions.

    Notes
    -----
    The process's standard input is the kernel's, and reading it could not be interrupted; so it is never read.
    """

    def __init__(self, outbox: _inside.Outbox) -> None:
        self._outbox = outbox
        self._own_thread = threading.get_ident()
        self._answered = False
        builtins.input = self._input
        getpass.getpass = self._getpass

    @contextlib.contextmanager
    def answered(self) -> Iterator[None]:
        """While the context lasts, a cell runs whose frontend can be asked."""
        self._answered = True
        try:
            yield
        finally:
            self._answered = False

    def _input(self, prompt: object = "", /) -> str:
        return self._ask(str(prompt), password=False)

    def _getpass(self, prompt: str = "", stream: object = None, *, echo_char: str | None = None) -> str:  # noqa: ARG002 - getpass's signature
        return self._ask(prompt, password=True)

    def _ask(self, prompt: str, *, password: bool) -> str:
        if not self._answered:
            raise StdinNotImplementedError("only a notebook cell can ask for input, and only while it runs")
        if threading.get_ident() != self._own_thread:
            raise StdinNotImplementedError("only the thread that runs the cell can ask for input")
        sys.stdout.flush()
        sys.stderr.flush()
        self._outbox.emit(protocol.ASK, json.dumps({"prompt": prompt, "password": password}).encode())
        return _unpack(marshal.loads(_inside.take_answer()))


def _unpack(answer: tuple[str, str | None]) -> str:
    text, error = answer
    if error is None:
        return text
    raise _ERRORS.get(error, RuntimeError)(text)
