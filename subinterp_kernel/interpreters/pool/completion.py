"""What a pool tells of the end of a task: futures and the results of maps take note of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from subinterp_kernel.bindings._task_pool import Task

__all__ = ["Completion"]


class Completion(Protocol):
    """What is told of the end of a task, on the thread that collects the replies."""

    def arrived(self, task: Task) -> None:
        """Take note that the reply is there."""

    def failed(self, error: Exception) -> None:
        """Take note that there will be no reply."""

    def cancel_withdrawn(self) -> None:
        """Take note that the task was withdrawn."""
