"""What a frontend asks about the code in a cell: completion and inspection, from this interpreter's namespace.

Answered on a thread of its own, so that the answer comes while a cell runs, too.
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

from subinterp_kernel import protocol
from subinterp_kernel.compiled import inside as _inside
from subinterp_kernel.inside import failure

if TYPE_CHECKING:
    from subinterp_kernel._inside import Reply
    from subinterp_kernel.inside.shell import SubinterpShell

_QUICK = 1e-4  # seconds until a thread that computes gives the GIL to one that asks for it

__all__ = ["Queries"]


@contextlib.contextmanager
def _quick_turns() -> Iterator[None]:
    # Wherever an answer reads a file or imports something, it gives the GIL away, and a cell that computes would keep
    # it for the usual five milliseconds each time: more than half a second for a first answer.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _QUICK))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


class Queries:
    """Answers from a shell.

    Parameters
    ----------
    shell : SubinterpShell
        Whose namespace and completer are asked.
    """

    def __init__(self, shell: SubinterpShell) -> None:
        self._shell = shell
        self._answers: dict[int, Callable[..., dict[str, Any]]] = {
            protocol.COMPLETE: self.complete,
            protocol.INSPECT: self.inspect,
        }

    def start(self, outbox: _inside.Outbox) -> None:
        """Start the thread; it ends when the interpreter is closed."""
        # Not a threading.Thread: it is no thread of the user's, and nobody shall join it.
        _thread.start_new_thread(outbox.serve_queries, (self._answer, failure.describe))

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

    def _answer(self, kind: int, payload: bytes) -> Reply:
        with _quick_turns():
            content = self._answers[kind](*marshal.loads(payload))
        return protocol.ANSWERED, json.dumps(content).encode("utf-8", "replace"), ()
