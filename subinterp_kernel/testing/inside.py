"""What runs in each of the interpreters: pytest, with a plugin that reports to the controller."""

from __future__ import annotations

import contextlib
import importlib.util
import sys

from subinterp_kernel.extensions import importer, policy
from subinterp_kernel.shared.sync import Event
from subinterp_kernel.testing import start_state
from subinterp_kernel.testing.assignment import Assignment
from subinterp_kernel.testing.events import EventWriter
from subinterp_kernel.testing.quiet_output import StartupStream

__all__ = ["run"]


def run(assignment: Assignment, go: Event, finish: Event) -> None:
    """Run pytest in this interpreter.

    Parameters
    ----------
    assignment : Assignment
        What to run.
    go, finish : Event
        Set by the controller: `go` starts the tests, `finish` ends the run before the next test.
    """
    writer = EventWriter(assignment.pipe)
    try:
        _import_pytest()
        if assignment.extensions == policy.STRICT:
            importer.set_policy(policy.STRICT)
        status, text = _run_pytest(assignment, writer, go, finish)
        writer.send("finished", status=status, text=text)
    except BaseException as error:
        writer.send("finished", status=3, text=f"{type(error).__name__}: {error}")
        raise
    finally:
        writer.close()


def _import_pytest() -> None:
    """Import pytest, and faulthandler: it refuses sub-interpreters, and pytest needs it with any policy."""
    if policy.SUPPORTED:
        import faulthandler
    else:
        with importlib.util._incompatible_extension_module_restrictions(disable_check=True):
            import faulthandler  # noqa: F401
    import pytest  # noqa: F401


def _run_pytest(assignment: Assignment, writer: EventWriter, go: Event, finish: Event) -> tuple[int, str]:
    import pytest

    from subinterp_kernel.testing.reporting import Reporting

    start_state.mark_inside()
    sys.argv[:] = ["pytest", *assignment.arguments]
    startup = StartupStream(sys.stderr)
    with contextlib.redirect_stderr(startup):
        reporting = Reporting(assignment, writer, go, finish, startup)
        status = pytest.main(assignment.arguments, plugins=[reporting])
    return int(status), startup.text()
