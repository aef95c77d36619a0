"""Answers completion and inspection requests from this interpreter's namespace.

They are answered on a separate thread, so that answers also come while a cell runs.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import marshal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.utils.tokenutil import token_at_cursor

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.messaging import protocol
from subinterp_kernel.worker import tracebacks

if TYPE_CHECKING:
    from subinterp_kernel.bindings._worker_thread import Reply
    from subinterp_kernel.worker.shell import SubinterpShell

_SWITCH_INTERVAL = 1e-4  # seconds until a running thread must give up the GIL to a waiting one

__all__ = ["Introspection"]


@contextlib.contextmanager
def _short_switch_interval() -> Iterator[None]:
    # An answer gives up the GIL whenever it reads a file or imports a module. A cell that computes would then keep the
    # GIL for the usual five milliseconds each time, and a first answer would take more than half a second.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _SWITCH_INTERVAL))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


class Introspection:
    """Answers completion and inspection requests, and lists variables.

    Parameters
    ----------
    shell : SubinterpShell
        The shell whose namespace and completer are used.
    """

    def __init__(self, shell: SubinterpShell) -> None:
        self._shell = shell
        self._answers: dict[int, Callable[..., dict[str, Any]]] = {
            protocol.COMPLETE: self.complete,
            protocol.INSPECT: self.inspect,
            protocol.VARIABLES: self.variables,
        }

    def start(self, outbox: _worker_thread.Outbox) -> None:
        """Start the thread; it ends when the interpreter is closed."""
        # Not a threading.Thread, so that user code does not see it or join it.
        _thread.start_new_thread(outbox.serve_queries, (self._answer, tracebacks.describe))

    def complete(self, code: str, cursor: int) -> dict[str, Any]:
        """Return the content of a complete_reply."""
        with provisionalcompleter():
            found = list(rectify_completions(code, self._shell.Completer.completions(code, cursor)))
        start, end = (found[0].start, found[0].end) if found else (cursor, cursor)
        types = [
            {"start": one.start, "end": one.end, "text": one.text, "type": one.type, "signature": one.signature}
            for one in found
        ]
        return {
            "status": "ok",
            "matches": [one.text for one in found],
            "cursor_start": start,
            "cursor_end": end,
            "metadata": {"_jupyter_types_experimental": types},
        }

    def inspect(self, code: str, cursor: int, detail_level: int, omit_sections: tuple[str, ...]) -> dict[str, Any]:
        """Return the content of an inspect_reply."""
        name = token_at_cursor(code, cursor)
        try:
            data = self._shell.object_inspect_mime(name, detail_level=detail_level, omit_sections=omit_sections)
        except KeyError:
            return {"status": "ok", "found": False, "data": {}, "metadata": {}}
        return {"status": "ok", "found": True, "data": data, "metadata": {}}

    def variables(self) -> dict[str, Any]:
        """Return the names of the variables that the user has made, as ``%who`` lists them."""
        hidden, missing = self._shell.user_ns_hidden, object()
        variables = list(self._shell.user_ns.items())
        return {
            "names": [name for name, value in variables if name[:1] != "_" and hidden.get(name, missing) is not value]
        }

    def _answer(self, kind: int, payload: bytes) -> Reply:
        with _short_switch_interval():
            content = self._answers[kind](*marshal.loads(payload))
        return protocol.QUERY_ANSWER, json.dumps(content).encode("utf-8", "replace"), ()
