"""``input()`` and ``getpass()`` in a sub-interpreter: the frontend of the running cell asks the user."""

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

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.messaging import protocol

__all__ = ["StdinRequests"]

_OUTSIDE_OF_CELLS = "only a notebook cell can ask for input, and only while it runs"
_IN_A_JOB = "a job cannot ask for input: run the cell without --bg, or copy the value in with -i"
_ERRORS = {cls.__name__: cls for cls in (StdinNotImplementedError, EOFError)}


class StdinRequests:
    """Replaces ``input`` and ``getpass.getpass`` of this interpreter.

    Parameters
    ----------
    outbox : Outbox
        Sends the requests for input.

    Notes
    -----
    The standard input of the process belongs to the kernel, and reading it could not be interrupted. It is never read.
    If user code replaces ``sys.stdin``, ``input`` reads from there.
    """

    def __init__(self, outbox: _worker_thread.Outbox) -> None:
        self._outbox = outbox
        self._own_thread = threading.get_ident()
        self._refusal: str | None = _OUTSIDE_OF_CELLS
        self._original_stdin = sys.stdin
        self._original_input = builtins.input
        builtins.input = self._input
        getpass.getpass = self._getpass

    @contextlib.contextmanager
    def for_cell(self, *, is_job: bool) -> Iterator[None]:
        """Allow requests for input in this context, while a cell runs; not while it runs as a job."""
        self._refusal = _IN_A_JOB if is_job else None
        try:
            yield
        finally:
            self._refusal = _OUTSIDE_OF_CELLS

    def _input(self, prompt: object = "", /) -> str:
        if getattr(sys, "stdin", None) is not self._original_stdin:
            return self._original_input(prompt)
        return self._ask(str(prompt), password=False)

    def _getpass(self, prompt: str = "", stream: object = None, *, echo_char: str | None = None) -> str:  # noqa: ARG002 - getpass's signature
        return self._ask(prompt, password=True)

    def _ask(self, prompt: str, *, password: bool) -> str:
        if self._refusal is not None:
            raise StdinNotImplementedError(self._refusal)
        if threading.get_ident() != self._own_thread:
            raise StdinNotImplementedError("only the thread that runs the cell can ask for input")
        sys.stdout.flush()
        sys.stderr.flush()
        self._outbox.emit(protocol.STDIN_REQUEST, json.dumps({"prompt": prompt, "password": password}).encode())
        return _unpack(marshal.loads(_worker_thread.take_answer()))


def _unpack(answer: tuple[str, str | None]) -> str:
    text, error = answer
    if error is None:
        return text
    raise _ERRORS.get(error, RuntimeError)(text)
