"""Answers requests of frontends while the main thread waits for a cell in another interpreter.

ipykernel serves the shell channel on the main thread, one message after the other. While a sub-interpreter computes,
that thread only waits, without the GIL. So requests that run no user code are answered on a second thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from ipykernel.thread import BaseThread

__all__ = ["ConcurrentRequests"]

_ANSWERABLE = frozenset({
    "kernel_info_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
    "comm_info_request", "connect_request",
})  # fmt: skip


class _ReplyStream:
    """The stream that a handler sends its reply to; passes it to the thread that owns the shell socket."""

    def __init__(self, kernel: Any) -> None:
        self._manager = kernel.shell_channel_thread.manager
        self._loop = kernel.shell_channel_thread.io_loop

    def send_multipart(self, frames: list[Any], **_kwargs: Any) -> None:
        self._loop.add_callback(self._manager._send_on_shell_channel, frames)


class ConcurrentRequests:
    """Counts the messages that the main thread has to handle, and answers requests while it waits for an interpreter.

    Parameters
    ----------
    kernel : SubinterpKernel
        The kernel whose handlers answer.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._condition = threading.Condition()
        self._outstanding = 0  # messages that the main thread has received and not finished
        self._waiting: list[Any] = []  # the execute requests whose cells wait for an interpreter
        self._thread: BaseThread | None = None

    def accepts(self, frames: list[Any]) -> bool:
        """Accept a message, to answer it on the second thread, or return False; on the shell channel's thread."""
        session = self._kernel.session
        _, message = session.feed_identities(frames, copy=False)
        header = session.unpack(message[1].bytes)
        if header.get("subshell_id") is not None:
            return False
        with self._condition:
            if not self._outstanding or header.get("msg_type") not in _ANSWERABLE:
                self._outstanding += 1
                return False
        self._loop().add_callback(self._answer, frames)
        return True

    def finished_one(self) -> None:
        """Record that the main thread has finished a message."""
        with self._condition:
            self._outstanding -= 1
            self._condition.notify_all()

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until the main thread has finished all messages; False after `timeout` seconds."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._outstanding, timeout)

    @contextlib.contextmanager
    def while_waiting(self) -> Iterator[None]:
        """Answer requests while the context lasts, because the calling thread waits for an interpreter."""
        request = self._kernel.get_parent("shell")
        with self._condition:
            self._waiting.append(request)
            self._condition.notify_all()
        try:
            yield
        finally:
            with self._condition:
                self._waiting.remove(request)

    def stop(self) -> None:
        """End the second thread."""
        if self._thread is not None:
            self._thread.stop()

    def _loop(self) -> Any:
        if self._thread is None:
            self._thread = BaseThread(name="subinterp concurrent requests", daemon=True)
            self._thread.start()
        return self._thread.io_loop

    async def _answer(self, frames: list[Any]) -> None:
        # While a cell runs in the main interpreter, requests wait for its end, as in ipykernel.
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or not self._outstanding)
        kernel = self._kernel
        identities, message = kernel.session.feed_identities(frames, copy=False)
        try:
            request = kernel.session.deserialize(message, content=True, copy=False)
        except Exception:
            kernel.log.exception("Invalid message")
            return
        kernel._publish_status("busy", "shell", parent=request)
        try:
            await kernel.shell_handlers[request["header"]["msg_type"]](_ReplyStream(kernel), identities, request)
        except Exception:
            kernel.log.exception("Exception in message handler")
        kernel._publish_status("idle", "shell", parent=request)
        self._publish_busy_again()

    def _publish_busy_again(self) -> None:
        # Frontends show the last status that they received, whatever request it belongs to. The cell cannot end while
        # the lock is held, so its own "idle" comes later.
        with self._condition:
            if self._waiting:
                self._kernel._publish_status("busy", "shell", parent=self._waiting[-1])
