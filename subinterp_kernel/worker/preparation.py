"""What an interpreter does before its first request, and, if it had one, at its end."""

from __future__ import annotations

import sys

from subinterp_kernel.bindings import _worker_thread
from subinterp_kernel.extensions import importer
from subinterp_kernel.interpreters import sys_isolation
from subinterp_kernel.messaging import outbox
from subinterp_kernel.worker import finalization, interruptible, request_handlers, streams, threads
from subinterp_kernel.worker.tracebacks import describe

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp_kernel.bindings._worker_thread import Reply

__all__ = ["describe", "prepare", "shut_down"]


def prepare() -> dict[int, Callable[[bytes], Reply]]:
    """Make this interpreter ready for user code; return the handler of each kind of request."""
    own_outbox = _worker_thread.Outbox()
    outbox.set_current(own_outbox)
    threads.adopt_main_thread()
    sys_isolation.isolate_sys()
    if own_outbox.own_gil:
        importer.install()
    interruptible.make_interruptible(_worker_thread.sleep)
    sys.unraisablehook = own_outbox.report_unraisable
    sys.argv = [""]
    streams.redirect(own_outbox)
    return request_handlers.RequestHandlers(own_outbox).by_kind()


def shut_down() -> None:
    """Run the exit functions of user code and end its threads; then clear ``__main__``."""
    threads.run_exit_functions()
    threads.end_all()
    request_handlers.clear_main()
    finalization.drop_late_references()
