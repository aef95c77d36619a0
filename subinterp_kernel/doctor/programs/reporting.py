"""What a program reads from the doctor, and how it reports events to it."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from subinterp_kernel.interpreters.interpreter import Interpreter

__all__ = ["one_line", "request_and_report", "strict_interpreter", "try_each"]

type Report = Callable[..., None]


def request_and_report() -> tuple[dict[str, Any], Report]:
    """Return the request, and the function that reports an event.

    What packages print from now on goes to the error output.
    """
    request: dict[str, Any] = json.load(sys.stdin)
    sys.path += [folder for folder in request.pop("path") if folder not in sys.path]
    warnings.simplefilter("ignore")
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def report(**event: object) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    return request, report


def try_each(items: list[Any], report: Report, attempt: Callable[[Any], dict[str, object]]) -> None:
    """Try each item, and report before and after it."""
    for index, item in enumerate(items):
        report(begins=index)
        report(index=index, **attempt(item))


def one_line(error: BaseException) -> str:
    """Return an exception as one short line."""
    excinfo = getattr(error, "excinfo", None)  # what was raised in another interpreter
    kind, text = (excinfo.type.__name__, excinfo.msg) if excinfo else (type(error).__name__, str(error))
    lines: Iterator[str] = (line.strip() for line in str(text or "").splitlines() if line.strip())
    return f"{kind}: {next(lines, '')}"[:300]


def strict_interpreter() -> Interpreter:
    """Make an interpreter with a GIL of its own, in which CPython's check is in force."""
    import subinterp_kernel as sk

    return sk.create(extensions="strict")
