"""A real kernel process with a client of its own, as a frontend has it."""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

from jupyter_client.manager import KernelManager

__all__ = ["CellFailedError", "LiveKernel"]

_TIMEOUT = 60.0  # seconds for a kernel to start and for a cell to end


class CellFailedError(Exception):
    """A cell of the benchmark raised, so that its time means nothing."""


class LiveKernel:
    """A kernel of this Python, with fresh IPython settings, shut down at the end of its ``with`` block."""

    def __init__(self, name: str) -> None:
        self._settings = tempfile.TemporaryDirectory()
        self._manager = KernelManager(kernel_name=name)
        environment = {**os.environ, "IPYTHONDIR": self._settings.name}
        self._manager.start_kernel(extra_arguments=["--log-level=ERROR"], env=environment)
        self._client: Any = self._manager.blocking_client()
        self._client.start_channels()

    def __enter__(self) -> LiveKernel:
        try:
            self._client.wait_for_ready(timeout=_TIMEOUT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=False)
        self._settings.cleanup()

    def seconds_of(self, code: str) -> float:
        """Run a cell; return the seconds until its reply and the kernel's ``idle`` are both here."""
        begin = time.perf_counter()
        request = self._client.execute(code)
        reply = self._reply_to(request)
        self._await_idle(request)
        seconds = time.perf_counter() - begin
        if reply["status"] != "ok":
            raise CellFailedError(f"{code!r} raised {reply.get('ename')}: {reply.get('evalue')}")
        return seconds

    def seconds_to_complete(self, code: str) -> float:
        """Ask for completions at the end of the code; return the seconds until they are here."""
        begin = time.perf_counter()
        reply = self._reply_to(self._client.complete(code))
        seconds = time.perf_counter() - begin
        if not reply["matches"]:
            raise CellFailedError(f"there are no completions of {code!r}")
        return seconds

    def _reply_to(self, request: str) -> dict[str, Any]:
        while True:
            message = self._client.get_shell_msg(timeout=_TIMEOUT)
            if message["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = message["content"]
                return content

    def _await_idle(self, request: str) -> None:
        while True:
            message = self._client.get_iopub_msg(timeout=_TIMEOUT)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
