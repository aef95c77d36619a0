"""Calls a function in a new process, which has a time limit and leaves no processes behind."""

from __future__ import annotations

import contextlib
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

from comparison.failure import one_line

__all__ = ["ChildFailedError", "call"]

_PR_SET_CHILD_SUBREAPER = 36  # Linux: what is left of a child becomes a child of this process
_GRACE = 3.0  # seconds for leftovers to end by themselves
_ATTEMPTS = 10  # to kill them and what they leave

# Without a file, __main__ is not imported again by the processes of a pool.
_START = "from comparison.bounded_process import main; main()"


class ChildFailedError(Exception):
    """The function raised, or the process ended without a result."""


def call(function: str, arguments: list[Any], seconds: float) -> Any:
    """Call ``module:name`` with these arguments in a new process and return what it returns, both as JSON."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer = Path(folder, "answer.json")
        command = [sys.executable, "-P", "-c", _START, function, json.dumps(arguments), str(answer)]
        others = set(psutil.Process().children())
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=_environment(folder))
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailedError(f"{function} was not done after {seconds:g} s") from None
        finally:
            process.kill()
            process.wait()
            _end_leftovers(others)
        if not answer.exists():
            raise ChildFailedError(f"{function} ended with status {status}")
        result, error = json.loads(answer.read_text("utf-8"))
    if error:
        raise ChildFailedError(error)
    return result


def _environment(folder: str) -> dict[str, str]:
    """Return variables that let every interpreter import these modules, and libraries compute with one thread."""
    single = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    modules = str(Path(__file__).parents[1])
    return {**os.environ, **single, "PYTHONPATH": modules, "IPYTHONDIR": folder, "TMPDIR": folder}


def _end_leftovers(others: set[psutil.Process]) -> None:
    """Wait a little, then end what a child has left, such as a cluster after the time limit, and what that leaves."""
    psutil.wait_procs(_descendants(others), timeout=_GRACE)
    for _ in range(_ATTEMPTS):
        if not (left := _descendants(others)):
            return
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=_GRACE)


def _descendants(others: set[psutil.Process]) -> list[psutil.Process]:
    """Return the children of this process, without these others, and their descendants."""
    found = []
    for child in set(psutil.Process().children()) - others:
        found.append(child)
        with contextlib.suppress(psutil.NoSuchProcess):
            found += child.children(recursive=True)
    return found


def main() -> None:
    """Run in the new process: call the function, and write what it returns and what it raises."""
    name, arguments, answer = sys.argv[1:]
    module, _, function = name.partition(":")
    result, failure = None, ""
    try:
        result = getattr(importlib.import_module(module), function)(*json.loads(arguments))
    except Exception as error:  # noqa: BLE001
        failure = one_line(error)
    unfinished = Path(answer).with_suffix(".unfinished")
    unfinished.write_text(json.dumps([result, failure]), "utf-8")
    unfinished.rename(answer)
