"""What a job shows of itself: state, time, progress, and a Stop button where the frontend has widgets."""

from __future__ import annotations

import html
import threading
import uuid
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.background import BackgroundRelay
from subinterp_kernel.notebook.stop_button import StopButton, stop_button_for

if TYPE_CHECKING:
    from subinterp_kernel.notebook.jobs import Job

__all__ = ["JobDisplay"]

_OFTEN = 1.0  # seconds between updates in the first minute
_SELDOM = 10.0  # and later
_AT_MOST = 0.2  # seconds between updates that progress reports ask for
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class JobDisplay:
    """One display under the cell that has started a job, updated while it runs. Thread-safe.

    Parameters
    ----------
    job : Job
        What it tells of.
    shell : InteractiveShell
        The main interpreter's. A terminal, in which nothing that was printed can change, sees the begin and the end.
    relay : BackgroundRelay
        Publishes it.
    """

    def __init__(self, job: Job, shell: InteractiveShell, relay: BackgroundRelay) -> None:
        self._job = job
        self._shell = shell
        self._relay = relay
        self._live = hasattr(shell, "kernel")
        self._id = f"subinterp-job-{uuid.uuid4().hex}"
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._publishing = threading.Lock()
        self._stop_button: StopButton | None = None
        self._finished = False
        self._told = False

    def text(self) -> str:
        """Return the whole in one line: where it runs, how it stands."""
        job = self._job
        parts = [f"{job.state} in {', '.join(job.names)}"]
        if job.elapsed:
            parts.append(f"{job.elapsed:.1f} s")
        if job.progress is not None:
            fraction, text = job.progress
            parts.append(f"{fraction:.0%} {text}".rstrip())
        return ", ".join(parts)

    def html(self) -> str:
        """Return the same with a bar for the progress."""
        line = f"<b>Job {self._job.number}</b> {html.escape(self.text())}"
        if self._job.progress is None or self._job.state != "running":
            return line
        return f'{line} <progress max="1" value="{self._job.progress[0]:.4f}"></progress>'

    def show(self) -> None:
        """Publish it for the first time."""
        self._stop_button = stop_button_for(self._job, self._shell)
        self._publish(update=False)
        self._tick()

    def update(self) -> None:
        """Publish how the job stands now."""
        if self._live:
            self._publish(update=True)

    def tell_current_cell(self) -> None:
        """Publish the end, once, as an update by the cell that runs now: nbclient hears of no others, and stores it."""
        if self._live and self._job.done() and not self._told:
            self._told = True
            self._shell.display_pub.publish(self._bundle(), transient={"display_id": self._id}, update=True)

    def update_soon(self) -> None:
        """Publish a moment later how the job stands then; for what may be called very often."""
        with self._lock:
            if not self._finished and (self._timer is None or self._timer.interval > _AT_MOST):
                self._plan(_AT_MOST)

    def finish(self) -> None:
        """Publish the end; the Stop button goes."""
        with self._lock:
            self._finished = True
            if self._timer is not None:
                self._timer.cancel()
            button, self._stop_button = self._stop_button, None
        self._publish(update=True)
        if button is not None:
            button.close()

    def _publish(self, *, update: bool) -> None:
        with self._publishing:  # so that nothing old comes after what is new
            self._relay.publish(self._bundle(), display_id=self._id, update=update)

    def _bundle(self) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self._job), "text/html": self.html()}
        button = self._stop_button
        if button is not None:
            button.say(self.html())
            bundle[_WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": button.model_id}
        return bundle

    def _tick(self) -> None:
        with self._lock:
            if not self._finished:
                self._plan(_OFTEN if self._job.elapsed < 60 else _SELDOM)

    def _plan(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(delay, self._on_timer)
        self._timer.daemon = True
        self._timer.start()

    def _on_timer(self) -> None:
        if self._job.state == "running":
            self.update()
        self._tick()
