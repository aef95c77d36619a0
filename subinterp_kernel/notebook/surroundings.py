"""Options of the magics about what an interpreter finds: ``--path``, ``--venv``, ``--env``, ``--clone-imports``."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from types import ModuleType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic_arguments import MagicArgumentParser

from subinterp_kernel.imports import bind_modules
from subinterp_kernel.interpreter import Interpreter

__all__ = ["add_options", "clone_imports", "imports_of", "wishes"]


def add_options(parser: MagicArgumentParser) -> None:
    """Let a parser know the options."""
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="for a new one: a folder to import from first"
    )
    parser.add_argument("--venv", metavar="DIR", help="for a new one: a virtual environment, whose packages come next")
    parser.add_argument(
        "--env", action="append", default=[], metavar="K=V", help="for a new one: a variable of its own environment"
    )
    parser.add_argument(
        "--clone-imports", action="store_true", help="import there, first, what the notebook has imported"
    )


def wishes(options: Namespace) -> dict[str, Any]:
    """Return what was asked for as arguments of :func:`subinterp_kernel.create`, without what was not.

    Raises
    ------
    UsageError
        A variable has no ``=``.
    """
    for variable in options.env:
        if "=" not in variable:
            raise UsageError(f"--env {variable}: write --env NAME=VALUE")
    found = {
        "path": [os.path.expanduser(folder) for folder in options.path],
        "venv": options.venv and os.path.expanduser(options.venv),
        "env": dict(variable.split("=", 1) for variable in options.env),
    }
    return {name: value for name, value in found.items() if value}


def clone_imports(shell: InteractiveShell, interpreter: Interpreter) -> None:
    """Import in the interpreter what the notebook has imported, under the same names.

    What cannot be imported there is named in one line on stderr.
    """
    missing = interpreter.call(bind_modules, imports_of(shell))
    if missing:
        print(f"not imported in interpreter {interpreter.name!r}: {missing}", file=sys.stderr)


def imports_of(shell: InteractiveShell) -> dict[str, str]:
    """Return which modules the notebook has imported: their names, by the names of its variables."""
    return {
        name: value.__name__
        for name, value in shell.user_ns.items()
        if isinstance(value, ModuleType) and not name.startswith("_")
    }
