"""The outbox of this interpreter, which sends its events to main. Importable in every interpreter."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from subinterp_kernel.bindings import worker_thread

__all__ = ["current", "set_current"]

_current: worker_thread.Outbox | None = None


def current() -> worker_thread.Outbox | None:
    """Return the outbox, or None in the main interpreter."""
    return _current


def set_current(outbox: worker_thread.Outbox) -> None:
    """Set the outbox; called once, when the interpreter starts."""
    global _current
    _current = outbox
