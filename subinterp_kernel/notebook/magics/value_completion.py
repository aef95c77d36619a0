"""Completers of the values in the magics' lines: interpreters, variables, folders."""

from __future__ import annotations

import glob
import os

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.notebook.magics.argument_parser import Completer

__all__ = ["folders", "interpreters", "interpreters_or_main", "variables_of"]


def interpreters(_symbol: str) -> list[str]:
    """Return the names of all interpreters but the main one."""
    return [interpreter.name for interpreter in registry.list_all()[1:]]


def interpreters_or_main(symbol: str) -> list[str]:
    """Return the names of all interpreters."""
    return [*interpreters(symbol), MAIN_NAME]


def folders(symbol: str) -> list[str]:
    """Return the folders whose paths begin like this; ``~`` is kept."""
    start = os.path.expanduser(symbol)
    found = [path for path in glob.glob(glob.escape(start) + "*") if os.path.isdir(path)]
    return [symbol + path[len(start) :] + os.sep for path in sorted(found)]


def variables_of(shell: InteractiveShell) -> Completer:
    """Return a completer of the variables that the user has made, as ``%who`` lists them."""
    hidden, missing = shell.user_ns_hidden, object()

    def complete(_symbol: str) -> list[str]:
        variables = list(shell.user_ns.items())
        return [name for name, value in variables if name[0] != "_" and hidden.get(name, missing) is not value]

    return complete
