"""Where the output of tasks is shown: where the cell that submitted them shows its own, if there are cells."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["current", "set_provider"]

_provider: Callable[[], int] | None = None


def set_provider(provider: Callable[[], int] | None) -> None:
    """Set what returns the id for the output of tasks that are submitted now; None: ``sys.stdout`` shows it."""
    global _provider
    _provider = provider


def current() -> int:
    """Return the id for the output of tasks that are submitted now, or 0."""
    return 0 if _provider is None else _provider()
