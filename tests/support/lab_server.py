"""A JupyterLab server of the tests' own: on the loopback interface, in a temporary folder, gone when the tests are."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

__all__ = ["LabServer"]

_START_TIMEOUT = 150
_END_TIMEOUT = 60

# Its standard input is a pipe of the tests: when their process is gone, however it ended, the server ends, too.
_MAIN = """
import os, signal, threading
def end_with_the_tests():
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end_with_the_tests, daemon=True).start()
from jupyterlab.labapp import main
main()
"""

# No questions or notes that cover the page, nothing fetched from elsewhere, every cell in the page at all times, and
# time for the kernel to complete on a busy machine.
_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "completer-extension/manager": {"providerTimeout": 20_000},
}


class LabServer:
    """Starts JupyterLab and waits until it listens; `log` is what it and its kernels wrote."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="subinterp-lab-")
        self._root = Path(self._folder.name)
        self.notebooks = self._root / "notebooks"
        self.notebooks.mkdir()
        self.token = secrets.token_hex(16)
        self._write_settings()
        self._log = (self._root / "log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN, *self._options()],
            stdin=subprocess.PIPE, stdout=self._log, stderr=self._log,
            cwd=self.notebooks, env=self._environment(),
        )  # fmt: skip
        try:
            self.url = self._wait_for_url()
        except BaseException:
            self.close()
            raise

    @property
    def log(self) -> str:
        return (self._root / "log").read_text(errors="replace")

    def request(self, method: str, path: str) -> Any:
        """Ask the server's REST interface."""
        headers = {"Authorization": f"token {self.token}"}
        asked = urllib.request.Request(f"{self.url}api/{path}", headers=headers, method=method)
        with urllib.request.urlopen(asked, timeout=100) as answer:
            return json.loads(answer.read() or "null")

    def clear(self) -> None:
        """End all kernels, and remove all notebooks."""
        for kernel in self.request("GET", "kernels"):
            self.request("DELETE", f"kernels/{kernel['id']}")
        for path in self.notebooks.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)

    def close(self) -> None:
        """End the server, which ends its kernels, and reap it."""
        self._process.terminate()
        try:
            self._process.wait(_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_TIMEOUT)
        self._process.stdin.close()
        self._log.close()
        self._folder.cleanup()

    def _options(self) -> list[str]:
        return [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.notebooks}",
            "--LabApp.extension_manager=readonly",
            "--LabApp.expose_app_in_browser=True",
        ]

    def _environment(self) -> dict[str, str]:
        ours = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))},
            **{f"JUPYTER_{name}": str(self._root / folder) for name, folder in ours.items()},
            "IPYTHONDIR": str(self._root / "ipython"),
        }

    def _write_settings(self) -> None:
        for name, values in _SETTINGS.items():
            path = self._root / "config/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(values))

    def _wait_for_url(self) -> str:
        # Written before the server listens: hence the question afterwards.
        note = self._root / "runtime" / f"jpserver-{self._process.pid}.json"
        end = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self.url = json.loads(note.read_text())["url"]
                self.request("GET", "status")
            except (OSError, ValueError):
                time.sleep(0.1)
            else:
                return self.url
        raise RuntimeError(f"JupyterLab did not start within {_START_TIMEOUT} s; its log ends:\n{self.log[-3000:]}")
