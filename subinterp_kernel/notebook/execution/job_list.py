"""The jobs of a notebook."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

from subinterp_kernel.notebook.execution.job import Job

__all__ = ["JobList"]

_KEPT = 20  # jobs that have ended


class JobList:
    """All jobs that have not ended, and the last 20 that have. Thread-safe."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._jobs: list[Job] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Job]:
        with self._lock:
            return iter(list(self._jobs))

    def start(self, make: Callable[[int], Job]) -> Job:
        """Make a job with the next number and start it."""
        job = make(next(self._numbers))
        try:
            self._add(job)
            job.start()
        except BaseException as error:  # a Stop may come at any moment; a job that is not sent must not stay "queued"
            job.abandon(error)
            raise
        return job

    def _add(self, job: Job) -> None:
        with self._lock:
            finished = [each for each in self._jobs if each.done()]
            for each in finished[: max(0, len(finished) - _KEPT)]:
                self._jobs.remove(each)
            self._jobs.append(job)

    def find(self, words: list[str]) -> list[Job]:
        """Return the jobs with these numbers, and the unfinished ones in interpreters with these names.

        Raises
        ------
        LookupError
            There is no such job, nor a job in an interpreter of that name.
        """
        found: list[Job] = []
        for word in words:
            named = [job for job in self if word in (str(job.number), *job.names)]
            if not named:
                raise LookupError(f"there is no job {word!r}, nor a job in an interpreter of that name")
            found += [job for job in named if job not in found and (str(job.number) == word or not job.done())]
        return found

    def unfinished(self) -> list[Job]:
        """Return those that have not ended."""
        return [job for job in self if not job.done()]

    def frontend_connected(self, session: str) -> None:
        """Let the displays of unfinished jobs go on in a page that was loaded after them."""
        for job in self.unfinished():
            job.frontend_connected(session)

    def update_from_current_cell(self, *_event: object) -> None:
        """Update the displays of ended jobs from the cell that runs now; called after each cell."""
        for job in self:
            job.update_from_current_cell()
