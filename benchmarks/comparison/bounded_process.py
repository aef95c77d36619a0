"""Calls a function in a new process, which has a time limit and leaves no processes behind."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

__all__ = ["ChildFailedError", "call"]

_PR_SET_CHILD_SUBREAPER = 36  # Linux: what is left of a child becomes a child of this process
_GRACE = 3.0  # seconds for leftovers to end by themselves

# Without a file, __main__ is not imported again by the processes of a pool.
_START = "from comparison.bounded_process import main; main()"


class ChildFailedError(Exception):
    """The process ended without a result."""


def call(function: str, arguments: list[Any], seconds: float) -> Any:
    """Call ``module:name`` with these arguments in a new process and return what it returns, both as JSON."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer = Path(folder, "answer.json")
        command = [sys.executable, "-P", "-c", _START, function, json.dumps(arguments), str(answer)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=_environment(folder))
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailedError(f"{function} was not done after {seconds:g} s") from None
        finally:
            process.kill()
            process.wait()
            _end_leftovers()
        if not answer.exists():
            raise ChildFailedError(f"{function} ended with status {status}")
        return json.loads(answer.read_text("utf-8"))


def _environment(folder: str) -> dict[str, str]:
    """Return variables that let every interpreter import these modules, and libraries compute with one thread."""
    single = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    modules = str(Path(__file__).parents[1])
    return {**os.environ, **single, "PYTHONPATH": modules, "IPYTHONDIR": folder, "TMPDIR": folder}


def _end_leftovers() -> None:
    """End the processes that a child has left, such as those of a cluster after the time limit."""
    left = psutil.Process().children(recursive=True)
    _, left = psutil.wait_procs(left, timeout=_GRACE)
    while left:
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=_GRACE)
        left = psutil.Process().children(recursive=True)


def main() -> None:
    """Run in the new process: call the function and write what it returns."""
    name, arguments, answer = sys.argv[1:]
    module, _, function = name.partition(":")
    result = getattr(importlib.import_module(module), function)(*json.loads(arguments))
    unfinished = Path(answer).with_suffix(".unfinished")
    unfinished.write_text(json.dumps(result), "utf-8")
    unfinished.rename(answer)
