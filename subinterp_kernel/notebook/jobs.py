"""Cells that run in the background: jobs, and the list of them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel import channel, protocol
from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreter import Interpreter
from subinterp_kernel.notebook.background import BackgroundRelay, Recording
from subinterp_kernel.notebook.cells import LOOK, CellRun, Outcome, kernel_answers_meanwhile, shutting_down
from subinterp_kernel.notebook.execution import Execution, Settings
from subinterp_kernel.notebook.job_display import JobDisplay
from subinterp_kernel.notebook.relay import Relay

__all__ = ["Job", "JobList"]

_KEPT = 20  # finished jobs in the list


class Job(Future[Any]):
    """A cell that runs in the background, as a future of its last expression's value.

    Parameters
    ----------
    shell : InteractiveShell
        The main interpreter's, whose current cell shows what the job shows.
    interpreters : list of Interpreter
        Where it runs.
    code : str
        The cell's body.
    settings : Settings
        How it runs.
    number : int
        By which it is called.

    Attributes
    ----------
    number : int
        Its place among the jobs of this notebook, from 1.
    names : list of str
        The interpreters in which it runs.
    code : str
        The cell's body.

    Notes
    -----
    A ``concurrent.futures.Future`` that can be awaited, too. ``result()`` is a copy of the last expression's value (of
    several interpreters, a list); it raises the cell's own error, or NotShareableError where the value cannot cross.
    All methods are thread-safe.
    """

    def __init__(
        self, shell: InteractiveShell, interpreters: list[Interpreter], code: str, settings: Settings, number: int
    ) -> None:
        super().__init__()
        self.number = number
        self.code = code
        self._shell = shell
        self._relay = BackgroundRelay(shell)
        self._recording = Recording(self._relay, self._on_progress)
        self._execution = Execution(shell, interpreters, code, settings, self._recording)
        self.names = self._execution.names
        self._attached = contextlib.ExitStack()
        self._unfinished = len(self._execution.runs)
        self._begun_at = self._ended_at = 0.0
        self._failed = False
        self.progress: tuple[float, str] | None = None
        self._display = JobDisplay(self, shell, self._relay)

    def __repr__(self) -> str:
        return f"<Job {self.number}: {self._display.text()}>"

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._display.html()}

    def __await__(self) -> Generator[Any, None, Any]:
        import asyncio

        return asyncio.wrap_future(self).__await__()

    # -------------------------------------------------------------------------------------------------- how it stands

    @property
    def state(self) -> str:
        """One of ``queued``, ``running``, ``done``, ``failed``, ``cancelled``."""
        if self.cancelled():
            return "cancelled"
        if self._ended_at:
            return "failed" if self._failed else "done"
        return "running" if self._begun_at else "queued"

    @property
    def elapsed(self) -> float:
        """Seconds for which it has run, or ran; 0 before its turn has come."""
        return (self._ended_at or time.monotonic()) - self._begun_at if self._begun_at else 0.0

    @property
    def stdout(self) -> str:
        """What it has written to ``sys.stdout`` so far; of very much, the end."""
        return self._recording.text(protocol.STDOUT)

    @property
    def stderr(self) -> str:
        """What it has written to ``sys.stderr`` so far; of very much, the end."""
        return self._recording.text(protocol.STDERR)

    def show(self) -> None:
        """Show in the current cell what the job has shown so far."""
        relay = Relay(self._shell)
        for kind, payload in self._recording.events():
            relay(kind, payload)

    # -------------------------------------------------------------------------------------------------------- its life

    def start(self) -> None:
        """Show the job in the current cell and send it; it runs when its interpreters have come to it.

        Raises
        ------
        ClosedError
            An interpreter is closed.
        """
        channel.start()
        self._display.show()
        self._attached.enter_context(self._execution.attached())
        try:
            for run in self._execution.runs:
                channel.expect_begin(run.request.id, functools.partial(self._on_begin, run))
                channel.expect_reply(run.request.id, self._on_end)
                run.request.post()
        except BaseException as error:
            self._attached.close()
            self._stop()
            self._end(Outcome(error if isinstance(error, Exception) else InterpreterError("the job was not sent")))
            raise

    def interrupt(self) -> None:
        """Cancel it if it still waits for its turn, else raise KeyboardInterrupt in it. Does not wait for its end."""
        if not self.cancel():
            self._stop()

    def cancel(self) -> bool:
        """Take it back if it still waits for its turn everywhere; False, and nothing happens, if it has begun."""
        if self._begun_at or self.done():
            return self.cancelled()
        taken_back = [run.request.withdraw() for run in self._execution.runs]
        if not all(taken_back):  # one has begun just now
            self._stop()
            return False
        return super().cancel() and self.set_running_or_notify_cancel() is False

    def result(self, timeout: float | None = None) -> Any:
        """Wait for its end and return a copy of the last expression's value, or raise the cell's error.

        Parameters
        ----------
        timeout : float, optional
            Seconds, after which TimeoutError is raised; the job goes on.
        """
        self.wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for its end and return what :meth:`result` would raise, or None."""
        self.wait(timeout)
        return super().exception(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end, while the kernel answers questions; False when `timeout` seconds have passed before it.

        Raises
        ------
        KeyboardInterrupt
            Stop ends the waiting; the job goes on.
        """
        if threading.current_thread() is not threading.main_thread():
            return bool(concurrent.futures.wait([self], timeout).done)
        end = None if timeout is None else time.monotonic() + timeout
        with kernel_answers_meanwhile(self._shell):
            while not self.done() and not shutting_down.is_set():
                left = LOOK if end is None else min(LOOK, end - time.monotonic())
                if left <= 0:
                    break
                concurrent.futures.wait([self], left)
        return self.done()

    def tell_current_cell(self) -> None:
        """Bring the job's display up to date from the cell that runs now, once the job has ended."""
        self._display.tell_current_cell()

    def _stop(self) -> None:
        for run in self._execution.runs:
            if run.request.posted:
                run.stop()

    # ------------------------------------------------------------------------------ on the event reader's thread

    def _on_begin(self, run: CellRun) -> None:
        run.begun()
        if not self._begun_at and self.set_running_or_notify_cancel():
            self._begun_at = time.monotonic()
            self._display.update()

    def _on_progress(self, fraction: float, text: str) -> None:
        self.progress = (fraction, text)
        self._display.update_soon()

    def _on_end(self) -> None:
        self._unfinished -= 1
        if self._unfinished:
            return
        try:
            self._attached.close()
            outcome = self._execution.outcome()
            self._shell.push(outcome.outputs)
        except BaseException as error:  # noqa: BLE001 - user code takes part in unpickling
            outcome = Outcome(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        self._ended_at = time.monotonic()
        self._begun_at = self._begun_at or self._ended_at
        self._failed = outcome.error is not None
        if outcome.error is not None and not self.cancelled():
            self._relay.show_error(outcome.error)
        self._display.finish()  # first, so that whoever learns of the end finds it there
        if not self.cancelled():
            error = outcome.error or outcome.value_error
            self.set_result(outcome.value) if error is None else self.set_exception(error)


class JobList:
    """The jobs of a notebook: all that have not ended, and the last that have. Thread-safe."""

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
        with self._lock:
            finished = [each for each in self._jobs if each.done()]
            for each in finished[: max(0, len(finished) - _KEPT)]:
                self._jobs.remove(each)
            self._jobs.append(job)
        job.start()
        return job

    def find(self, words: list[str]) -> list[Job]:
        """Return the jobs of these numbers, and all that have not ended in interpreters of these names.

        Raises
        ------
        LookupError
            There is no such job, nor an interpreter with jobs of that name.
        """
        found: list[Job] = []
        for word in words:
            named = [job for job in self if word in (str(job.number), *job.names)]
            if not named:
                raise LookupError(f"there is no job {word!r}, nor one in an interpreter of that name")
            found += [job for job in named if job not in found and (str(job.number) == word or not job.done())]
        return found

    def tell_current_cell(self, *_event: object) -> None:
        """Bring the displays of jobs that have ended up to date from the cell that runs now; called after each one."""
        for job in self:
            job.tell_current_cell()

    def unfinished(self) -> list[Job]:
        """Return those that have not ended."""
        return [job for job in self if not job.done()]
