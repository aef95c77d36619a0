"""The kernel: ipykernel with the magics loaded, which answers requests while sub-interpreters compute."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from typing import Any

import ipykernel
from ipykernel.ipkernel import IPythonKernel
from traitlets import Type

import subinterp_kernel
from subinterp_kernel.interpreters import closing
from subinterp_kernel.interpreters.pool import executor
from subinterp_kernel.notebook.execution.cell_request import CellRequest
from subinterp_kernel.notebook.extension import loaded
from subinterp_kernel.notebook.kernel.concurrent_requests import ConcurrentRequests
from subinterp_kernel.notebook.kernel.deferred_interrupt import defer_interrupt
from subinterp_kernel.notebook.kernel.shell import NotebookShell
from subinterp_kernel.notebook.magics import remote_completion
from subinterp_kernel.notebook.magics.magic_completion import magic_at

__all__ = ["SubinterpKernel"]

_CLOSE_TIMEOUT = 1.0  # seconds for busy interpreters to react to the interrupt at shutdown
_CONTROL_OF_WIDGETS = "jupyter.widget.control"
_REPLY_TIMEOUT = 0.7  # seconds for the main thread to finish its cell after that


class SubinterpKernel(IPythonKernel):
    """An IPython kernel whose cells may run in named sub-interpreters.

    Everything that works in ipykernel works here; ``%%subinterp`` and ``%subinterp`` are loaded from the start.
    """

    implementation = "subinterp_kernel"
    # That of ipykernel, whose behaviour this kernel has, with a local version identifier (PEP 440).
    implementation_version = f"{ipykernel.__version__}+subinterp.{subinterp_kernel.__version__}"
    shell_class = Type(NotebookShell)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._concurrent = ConcurrentRequests(self)
        self._open_comm = self.shell_handlers["comm_open"]
        self.shell_handlers["comm_open"] = self._comm_open
        if "" not in sys.path:  # the kernelspec starts Python with -P, but modules beside the notebook must be found
            sys.path.insert(0, "")
        history = self.shell.history_manager
        for name in ("store_inputs", "store_output"):  # called for each cell; they take locks
            setattr(history, name, defer_interrupt(getattr(history, name)))
        self.shell.extension_manager.load_extension("subinterp_kernel")
        magics = loaded(self.shell)
        if magics is not None:
            magics.context.while_waiting = self._concurrent.while_waiting

    @property
    def banner(self) -> str:
        """The banner of consoles."""
        return (
            f"subinterp_kernel {subinterp_kernel.__version__}: %%subinterp NAME runs a cell in its own interpreter\n"
            + (self.shell.banner if self.shell else "")
        )

    async def do_execute(self, code: str, silent: bool, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Run a cell. What a frontend runs silently, for itself, always runs in the main interpreter."""
        magics = loaded(self.shell)
        if magics is None or not silent:
            return await super().do_execute(code, silent, *arguments, **options)
        magics.router.suspended = True
        try:
            return await super().do_execute(code, silent, *arguments, **options)
        finally:
            magics.router.suspended = False

    async def do_complete(self, code: str, cursor_pos: int | None) -> dict[str, Any]:
        """Complete code; in the body of a ``%%subinterp`` cell, from that interpreter's namespace."""
        cursor = len(code) if cursor_pos is None else cursor_pos
        request = self._request_of(code)
        if request is None or cursor < request.offset:
            return self._complete_magic(code, cursor) or await _result(super().do_complete(code, cursor))
        found = remote_completion.complete(request, cursor)
        if found is not None:
            return found
        found = await _result(super().do_complete(request.body, cursor - request.offset))
        return remote_completion.shifted(found, request.offset)

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Describe the object at the cursor; in the body of a ``%%subinterp`` cell, that interpreter's object."""
        magic = magic_at(code, cursor_pos)
        if magic is not None:
            data = self.shell.object_inspect_mime(magic, detail_level, omit_sections)
            return {"status": "ok", "found": True, "data": data, "metadata": {}}
        request = self._request_of(code)
        if request is None or cursor_pos < request.offset:
            return await _result(super().do_inspect(code, cursor_pos, detail_level, omit_sections))
        found = remote_completion.inspect(request, cursor_pos, detail_level, tuple(omit_sections))
        if found is not None:
            return found
        cursor = cursor_pos - request.offset
        return await _result(super().do_inspect(request.body, cursor, detail_level, omit_sections))

    def _comm_open(self, stream: Any, ident: list[bytes], message: dict[str, Any]) -> None:
        """Open a comm. A page that has just been loaded asks for all widgets: the displays of jobs go on there."""
        magics = loaded(self.shell)
        if magics is not None and message["content"].get("target_name") == _CONTROL_OF_WIDGETS:
            magics.cells.jobs.frontend_connected(message["header"]["session"])
        self._open_comm(stream, ident, message)

    def do_is_complete(self, code: str) -> dict[str, Any]:
        """Return whether a cell is complete: of a ``%%subinterp`` cell, the body, after a blank line."""
        request = self._request_of(code)
        if request is not None and not request.body.strip():
            return {"status": "incomplete", "indent": ""}
        reply: dict[str, Any] = super().do_is_complete(code if request is None else request.body)
        goes_on = request is not None and request.offset and request.body.rpartition("\n")[2].strip()
        # As for other cell magics: else a console would run the first statement before the second can be typed.
        return {"status": "incomplete", "indent": ""} if goes_on and reply["status"] == "complete" else reply

    def _complete_magic(self, code: str, cursor: int) -> dict[str, Any] | None:
        """Return a complete_reply if the cursor is in a line of the magics: IPython would offer Python's names, too."""
        before, newline, text = code[:cursor].rpartition("\n")
        magics = loaded(self.shell)
        found = magics and magics.completion.find(text, (before + newline).count("\n"))
        if found is None:
            return None
        start = cursor - len(found.fragment) if found.words else cursor
        types = [{"start": start, "end": cursor, "text": word, "type": "magic"} for word in found.words]
        return {
            "status": "ok",
            "matches": found.words,
            "cursor_start": start,
            "cursor_end": cursor,
            "metadata": {"_jupyter_types_experimental": types},
        }

    def _request_of(self, code: str) -> CellRequest | None:
        magics = loaded(self.shell)
        return None if magics is None else magics.router.request_of(code)

    async def shell_channel_thread_main(self, msg: list[Any]) -> None:
        """Route a message of the shell channel; on that channel's thread."""
        if self.session is not None and not self._concurrent.accepts(msg):
            await super().shell_channel_thread_main(msg)

    async def dispatch_shell(self, msg: list[Any], /, subshell_id: str | None = None, **kwargs: Any) -> None:
        """Handle a message on the main thread, or on a subshell's thread."""
        try:
            await super().dispatch_shell(msg, subshell_id=subshell_id, **kwargs)
        finally:
            # ipykernel sends itself one-frame messages ("stop aborting"), which are not counted.
            if subshell_id is None and len(msg) > 1:
                self._concurrent.finished_one()

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """Close all interpreters, then shut down."""
        executor.stop_all()
        closing.close_all(_CLOSE_TIMEOUT)
        magics = loaded(self.shell)
        if magics is not None:
            magics.context.shutting_down.set()
        # The cell that was interrupted still has to send its reply, before the sockets are closed.
        self._concurrent.wait_until_idle(_REPLY_TIMEOUT)
        self._concurrent.stop()
        reply: dict[str, Any] = super().do_shutdown(restart)
        return reply


async def _result(value: Any) -> Any:
    # Some versions of ipykernel return an awaitable here, others the result.
    return await value if inspect.isawaitable(value) else value
