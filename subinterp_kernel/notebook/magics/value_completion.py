"""Completers of the values in the magics' lines: interpreters, variables, jobs, folders."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.notebook.execution.job_list import JobList
from subinterp_kernel.notebook.magics import remote_completion
from subinterp_kernel.notebook.magics.argument_parser import Completer

__all__ = [
    "folders", "interpreters", "interpreters_or_main", "unfinished_jobs", "variables_of", "variables_of_first",
    "variables_of_targets",
]  # fmt: skip


def interpreters(_fragment: str, _given: Sequence[str]) -> list[str]:
    """Return the names of all interpreters but the main one."""
    return [interpreter.name for interpreter in registry.list_all()[1:]]


def interpreters_or_main(fragment: str, given: Sequence[str]) -> list[str]:
    """Return the names of all interpreters."""
    return [*interpreters(fragment, given), MAIN_NAME]


def folders(fragment: str, _given: Sequence[str]) -> list[str]:
    """Return the folders whose paths begin like this; ``~`` is kept."""
    start = os.path.expanduser(fragment)
    found = [path for path in glob.glob(glob.escape(start) + "*") if os.path.isdir(path)]
    return [fragment + path[len(start) :] + os.sep for path in sorted(found)]


def variables_of(shell: InteractiveShell) -> Completer:
    """Return a completer of the variables that the user has made in a shell, as ``%who`` lists them."""
    hidden, missing = shell.user_ns_hidden, object()

    def complete(_fragment: str, _given: Sequence[str]) -> list[str]:
        variables = list(shell.user_ns.items())
        return [name for name, value in variables if name[0] != "_" and hidden.get(name, missing) is not value]

    return complete


def variables_of_targets(_fragment: str, given: Sequence[str]) -> list[str]:
    """Return the variables of the first of the given interpreters that exists."""
    return remote_completion.variables(",".join(given))


def variables_of_first(_fragment: str, given: Sequence[str]) -> list[str]:
    """Return the variables of the interpreter, or of a list's first one, that the first argument names."""
    return remote_completion.variables(given[0])


def unfinished_jobs(jobs: JobList) -> Completer:
    """Return a completer of the numbers of unfinished jobs, and of the interpreters that they run in."""

    def complete(_fragment: str, _given: Sequence[str]) -> list[str]:
        unfinished = jobs.unfinished()
        return [
            *(str(job.number) for job in unfinished),
            *dict.fromkeys(name for job in unfinished for name in job.names),
        ]

    return complete
