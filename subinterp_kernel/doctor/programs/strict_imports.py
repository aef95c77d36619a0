"""Imports modules in an interpreter with a GIL of its own, in which CPython's check is in force."""

from __future__ import annotations

import importlib

from subinterp_kernel.doctor.programs.reporting import one_line, request_and_report, strict_interpreter, try_each

__all__ = ["import_here", "main"]


def import_here(name: str) -> str | None:
    """Import a module in this interpreter; return the error."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001, whatever a package raises is its answer
        return one_line(error.__cause__ if isinstance(error.__cause__, ImportError) else error)
    return None


def main() -> None:
    """Answer the doctor."""
    request, report = request_and_report()
    with strict_interpreter() as interpreter:
        try_each(request["items"], report, lambda name: {"error": interpreter.call(import_here, name)})


if __name__ == "__main__":
    main()
