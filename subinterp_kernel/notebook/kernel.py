"""The kernel: ipykernel with the magics loaded, and awake while sub-interpreters compute."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from ipykernel.ipkernel import IPythonKernel

import subinterp_kernel
from subinterp_kernel import registry
from subinterp_kernel.notebook import cells, enquiries
from subinterp_kernel.notebook.bystander import Bystander
from subinterp_kernel.notebook.extension import loaded
from subinterp_kernel.notebook.routing import Route

__all__ = ["SubinterpKernel"]

_SHUTDOWN_PATIENCE = 1.0  # seconds for busy interpreters to react to the interrupt
_REPLY_PATIENCE = 0.7  # seconds for the main thread to finish its cell after that


class SubinterpKernel(IPythonKernel):
    """An IPython kernel whose cells may run in named sub-interpreters.

    Everything that works in ipykernel works here; ``%%subinterp`` and ``%subinterp`` are loaded from the start.
    """

    implementation = "subinterp_kernel"
    implementation_version = subinterp_kernel.__version__

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._bystander = Bystander(self)
        self.shell.extension_manager.load_extension("subinterp_kernel")

    @property
    def banner(self) -> str:
        """Say what this is, above IPython's own banner."""
        return (
            f"subinterp_kernel {self.implementation_version}: %%subinterp NAME runs a cell in its own interpreter\n"
            + (self.shell.banner if self.shell else "")
        )

    def waiting_for_interpreter(self) -> AbstractContextManager[None]:
        """Let questions be answered while the calling thread waits for a sub-interpreter."""
        return self._bystander.waiting()

    async def do_execute(self, code: str, silent: bool, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Run a cell; what a frontend runs silently, for itself, always goes to the main interpreter."""
        magics = loaded(self.shell)
        if magics is None or not silent:
            return await super().do_execute(code, silent, *arguments, **options)
        magics.router.suspended = True
        try:
            return await super().do_execute(code, silent, *arguments, **options)
        finally:
            magics.router.suspended = False

    async def do_complete(self, code: str, cursor_pos: int | None) -> dict[str, Any]:
        """Complete; in the body of a ``%%subinterp`` cell from that interpreter's namespace."""
        cursor = len(code) if cursor_pos is None else cursor_pos
        route = self._route_of(code)
        if route is None or cursor < route.offset:
            return await _result(super().do_complete(code, cursor))
        found = enquiries.complete(route, cursor)
        if found is not None:
            return found
        return enquiries.shifted(await _result(super().do_complete(route.body, cursor - route.offset)), route.offset)

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Describe the object at the cursor; in the body of a ``%%subinterp`` cell that interpreter's."""
        route = self._route_of(code)
        if route is None or cursor_pos < route.offset:
            return await _result(super().do_inspect(code, cursor_pos, detail_level, omit_sections))
        found = enquiries.inspect(route, cursor_pos, detail_level, tuple(omit_sections))
        if found is not None:
            return found
        return await _result(super().do_inspect(route.body, cursor_pos - route.offset, detail_level, omit_sections))

    def do_is_complete(self, code: str) -> dict[str, Any]:
        """Judge whether a cell is complete: of a ``%%subinterp`` cell, the body, which a blank line ends."""
        route = self._route_of(code)
        if route is not None and not route.body.strip():
            return {"status": "incomplete", "indent": ""}
        reply: dict[str, Any] = super().do_is_complete(code if route is None else route.body)
        goes_on = route is not None and route.offset and route.body.rpartition("\n")[2].strip()
        # As with other cell magics: else a console would run the first statement before the second can be typed.
        return {"status": "incomplete", "indent": ""} if goes_on and reply["status"] == "complete" else reply

    def _route_of(self, code: str) -> Route | None:
        magics = loaded(self.shell)
        return None if magics is None else magics.router.route_of(code)

    async def shell_channel_thread_main(self, msg: list[Any]) -> None:
        """Route a message of the shell channel; runs on that channel's thread."""
        if self.session is not None and not self._bystander.takes(msg):
            await super().shell_channel_thread_main(msg)

    async def dispatch_shell(self, msg: list[Any], /, subshell_id: str | None = None, **kwargs: Any) -> None:
        """Handle a message on the main thread, or on a subshell's."""
        try:
            await super().dispatch_shell(msg, subshell_id=subshell_id, **kwargs)
        finally:
            # ipykernel sends itself one-frame messages ("stop aborting") that nobody has counted.
            if subshell_id is None and len(msg) > 1:
                self._bystander.finished_one()

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """End all interpreters, so that the process can."""
        registry.close_all(_SHUTDOWN_PATIENCE)
        cells.stop_waiting()
        # The cell that was interrupted still has to send its reply, while there are sockets.
        self._bystander.wait_until_idle(_REPLY_PATIENCE)
        self._bystander.stop()
        reply: dict[str, Any] = super().do_shutdown(restart)
        return reply


async def _result(value: Any) -> Any:
    # Some versions of ipykernel return an awaitable here, others the result.
    return await value if inspect.isawaitable(value) else value
