"""The status of a job, as its display and the table of jobs show it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["JobStatus"]


class JobStatus(Protocol):
    """What is shown of a job.

    Attributes
    ----------
    number : int
        The number of the job, from 1.
    names : list of str
        The interpreters that it runs in.
    code : str
        The body of its cell.
    state : str
        ``queued``, ``running``, ``done``, ``failed``, ``stopped`` or ``cancelled``.
    elapsed : float
        Seconds since it started, or for which it ran; 0 before.
    progress : tuple of (float, str), or None
        The fraction that is done, and a text.
    """

    number: int
    code: str
    names: list[str]
    progress: tuple[float, str] | None

    @property
    def state(self) -> str: ...  # noqa: D102

    @property
    def elapsed(self) -> float: ...  # noqa: D102

    def last_text(self) -> str: ...  # noqa: D102

    def done(self) -> bool: ...  # noqa: D102

    def interrupt(self) -> None: ...  # noqa: D102
