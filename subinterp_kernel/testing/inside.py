"""What runs in each of the interpreters: pytest, with a plugin that reports to the controller."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterable

from subinterp_kernel.extensions import importer, policy
from subinterp_kernel.shared.sync import Event
from subinterp_kernel.testing.events import EventWriter
from subinterp_kernel.testing.quiet_output import StartupStream

__all__ = ["run"]


def run(  # noqa: PLR0913 - all that an interpreter needs to know
    number: int,
    count: int,
    descriptor: int,
    arguments: list[str],
    extensions: str,
    done: Iterable[str],
    go: Event,
    finish: Event,
) -> None:
    """Run pytest in this interpreter.

    Parameters
    ----------
    number, count : int
        Which interpreter this is, from 1, and how many there are.
    descriptor : int
        The pipe to write events to.
    arguments : list of str
        The command line of pytest.
    extensions : {"auto", "strict", "private"}
        How to load extension modules.
    done : iterable of str
        The ids of the tests that have run before, in another process.
    go, finish : Event
        Set by the controller: the tests may begin; no further test shall begin.
    """
    writer = EventWriter(descriptor)
    try:
        _import_pytest()
        if extensions == policy.STRICT:
            importer.set_policy(policy.STRICT)
        status, text = _run_pytest(number, count, arguments, writer, frozenset(done), go, finish)
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
        with importlib.util._incompatible_extension_module_restrictions(disable_check=True):  # type: ignore[attr-defined]
            import faulthandler  # noqa: F401
    import pytest  # noqa: F401


def _run_pytest(  # noqa: PLR0913
    number: int,
    count: int,
    arguments: list[str],
    writer: EventWriter,
    done: frozenset[str],
    go: Event,
    finish: Event,
) -> tuple[int, str]:
    import pytest

    from subinterp_kernel.testing import plugin
    from subinterp_kernel.testing.reporting import Reporting

    plugin.mark_inside()
    sys.argv[:] = ["pytest", *arguments]
    startup = StartupStream(sys.stderr)
    with contextlib.redirect_stderr(startup):
        reporting = Reporting(number, count, writer, done, go, finish, startup)
        status = pytest.main(arguments, plugins=[reporting])
    return int(status), startup.text()
