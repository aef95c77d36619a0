"""Faults in cells: for each group, what the code does wrong and what the kernel must report.

The cells of a group share one kernel, but each has its own interpreter. A row with ``alone=True`` gets its own kernel,
because it changes state that belongs to the process.
"""

from __future__ import annotations

from fault import Fault
from faults_in_python import BUILTINS, EXCEPTIONS, EXTENSIONS, MODULES, OBJECTS
from faults_in_resources import ASYNCIO, STREAMS, SYSTEM, THREADS, VARIABLES, WAITS

__all__ = ["FAULTS"]

FAULTS: dict[str, dict[str, Fault]] = {
    "exceptions": EXCEPTIONS,
    "objects": OBJECTS,
    "builtins": BUILTINS,
    "modules": MODULES,
    "extensions": EXTENSIONS,
    "streams": STREAMS,
    "threads": THREADS,
    "asyncio": ASYNCIO,
    "waits": WAITS,
    "variables": VARIABLES,
    "system": SYSTEM,
}
