"""A kernel in a process of its own and a client that talks to it as a frontend does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

_TIMEOUT = 100


@dataclass
class Answer:
    """What came back for one cell: the reply's content, and the iopub messages without status and input."""

    reply: dict[str, Any]
    outputs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        return [message["msg_type"] for message in self.outputs]

    def text(self, stream: str = "stdout") -> str:
        streams = [m["content"] for m in self.outputs if m["msg_type"] == "stream"]
        return "".join(content["text"] for content in streams if content["name"] == stream)

    def content(self, kind: str) -> dict[str, Any]:
        (found,) = [message["content"] for message in self.outputs if message["msg_type"] == kind]
        return found

    @property
    def result(self) -> str:
        text: str = self.content("execute_result")["data"]["text/plain"]
        return text


class KernelClient:
    """Starts the kernel of that name; `stderr` is what its process writes there."""

    def __init__(self, name: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="subinterp-test-")
        self._stderr_path = Path(self._folder.name) / "stderr"
        self.manager = KernelManager(kernel_name=name, transport="ipc" if sys.platform != "win32" else "tcp")
        # Short: a socket's path has at most about a hundred characters.
        self.manager.ip = str(Path(self._folder.name) / "s")
        self._stderr = self._stderr_path.open("wb")  # a restart wants it again
        self.manager.start_kernel(stderr=self._stderr, stdout=subprocess.DEVNULL, cwd=self._folder.name)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=150)

    @property
    def stderr(self) -> str:
        return self._stderr_path.read_text()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.manager.provisioner.process

    def send(self, code: str, **options: Any) -> str:
        message_id: str = self.client.execute(code, **options)
        return message_id

    def collect(self, message_id: str, timeout: float = _TIMEOUT) -> Answer:
        """Wait for the reply and for idle of that message."""
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
            if message["msg_type"] not in ("status", "execute_input"):
                outputs.append(message)
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message_id:
                return Answer(reply["content"], outputs)

    def run(self, code: str, timeout: float = _TIMEOUT, **options: Any) -> Answer:
        return self.collect(self.send(code, **options), timeout)

    def wait_for_text(self, text: str, timeout: float = _TIMEOUT) -> None:
        """Wait until a cell has printed that text."""
        self.message_with_text(text, timeout)

    def message_with_text(self, text: str, timeout: float = _TIMEOUT) -> dict[str, Any]:
        """Wait for the stream message that has that text."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message: dict[str, Any] = self.client.get_iopub_msg(timeout=timeout)
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return message
        raise TimeoutError(f"the kernel did not print {text!r} within {timeout} s")

    def reply_to(self, message_id: str, timeout: float = _TIMEOUT) -> dict[str, Any]:
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message_id:
                content: dict[str, Any] = reply["content"]
                return content

    def asked(self, timeout: float = _TIMEOUT) -> dict[str, Any]:
        """Wait for the kernel to ask for input; the content has ``prompt`` and ``password``."""
        message = self.client.get_stdin_msg(timeout=timeout)
        assert message["msg_type"] == "input_request"
        content: dict[str, Any] = message["content"]
        return content

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def request_shutdown(self, restart: bool = False, timeout: float = 60) -> tuple[float, int]:
        """Ask the kernel to end itself; return how long it took in seconds, and the exit status."""
        process = self.process
        begin = time.monotonic()
        self.client.control_channel.send(self.client.session.msg("shutdown_request", {"restart": restart}))
        status = process.wait(timeout)
        return time.monotonic() - begin, status

    def shut_down(self) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        else:
            # No signal to a process that is gone: another one may have its number by now.
            self.manager.cleanup_resources()
        self._stderr.close()
        self._folder.cleanup()
