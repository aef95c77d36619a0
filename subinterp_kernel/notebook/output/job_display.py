"""The display of a job: state, time, progress, and a Stop button where the frontend has widgets."""

from __future__ import annotations

import html
import threading
import uuid
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.notebook.output.background_relay import BackgroundRelay
from subinterp_kernel.notebook.output.job_status import JobStatus
from subinterp_kernel.notebook.output.last_lines import last_lines_as_html
from subinterp_kernel.notebook.output.stop_button import LIVE_STATUS, StopButton, stop_button_for
from subinterp_kernel.notebook.scheduler import Scheduler, Timer

__all__ = ["JobDisplay"]

_EVERY = 1.0  # seconds between updates in the first minute
_EVERY_LATER = 10.0
_AT_MOST_EVERY = 0.2  # seconds between updates for progress reports
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_LINES = 20  # of the output, in a page that was loaded after the job started
# For JupyterLab. The button's output follows that of the status. When a stored notebook is opened, it is only a message
# that the widget does not exist. In a page that was loaded again, the stored status is out of date, not the widget's.
_STYLE = f"""<style>
.jp-OutputArea-child:has(.subinterp-job) + .jp-OutputArea-child > .jp-OutputArea-output.jupyter-widgets,
.jp-OutputArea-child:has(.subinterp-job):has(+ .jp-OutputArea-child .{LIVE_STATUS}) {{ display: none; }}
</style>"""


class JobDisplay:
    """A display below the cell that started a job, updated while the job runs. Thread-safe.

    The Stop button is a display of its own, so that the status is stored in the notebook. A page that was loaded again
    does not get updates of displays, nor the output of cells that it did not start. Its widgets are alive: after
    :meth:`frontend_connected`, the button's widget shows the status and the output, too.

    Parameters
    ----------
    job : JobStatus
        What it shows.
    shell : InteractiveShell
        The shell of the main interpreter. A terminal cannot update what it has printed: it shows the start and the end.
    relay : BackgroundRelay
        Publishes the display.
    scheduler : Scheduler
        Times the updates.
    """

    def __init__(self, job: JobStatus, shell: InteractiveShell, relay: BackgroundRelay, scheduler: Scheduler) -> None:
        self._job = job
        self._shell = shell
        self._relay = relay
        self._scheduler = scheduler
        self._can_update = hasattr(shell, "kernel")
        self._id = f"subinterp-job-{uuid.uuid4().hex}"
        self._button_id = f"{self._id}-button"
        self._timer: Timer | None = None
        self._timer_delay = 0.0
        self._lock = threading.Lock()
        self._publishing = threading.Lock()
        self._stop_button: StopButton | None = None
        self._finished = False
        self._stored = False
        self._has_button = False
        self._session = relay.session

    def text(self) -> str:
        """Return the status in one line."""
        job = self._job
        parts = [f"{job.state} in {', '.join(job.names)}"]
        if job.elapsed:
            parts.append(f"{job.elapsed:.1f} s")
        if job.progress is not None:
            fraction, text = job.progress
            parts.append(f"{fraction:.0%} {text}".rstrip())
        return ", ".join(parts)

    def html(self) -> str:
        """Return the status with a progress bar."""
        line = f"<b>Job {self._job.number}</b> {html.escape(self.text())}"
        if self._job.progress is None or self._job.state != "running":
            return line
        return f'{line} <progress max="1" value="{self._job.progress[0]:.4f}"></progress>'

    def show(self) -> None:
        """Publish the display for the first time."""
        self._stop_button = stop_button_for(self._job.interrupt, f"Interrupt job {self._job.number}", self._shell)
        self._has_button = self._stop_button is not None
        self._publish(update=False)
        if self._has_button:
            self._relay.publish(self._button_bundle(), display_id=self._button_id, update=False)
        self._schedule_update()

    def update(self) -> None:
        """Publish the current status."""
        if self._can_update:
            self._publish(update=True)

    def update_from_current_cell(self) -> None:
        """Publish the final status once more, from the cell that runs now.

        nbclient ignores updates that do not come from the running cell, and stores what it has.
        """
        if self._can_update and self._job.done() and not self._stored:
            self._stored = True
            for display_id, bundle in self._final_bundles().items():
                self._shell.display_pub.publish(bundle, transient={"display_id": display_id}, update=True)

    def frontend_connected(self, session: str) -> None:
        """Show the status and the output in the widget if a page of another session than the job's cell connects."""
        if session == self._session:
            return
        with self._publishing:
            if self._stop_button is not None:
                self._stop_button.show_status()
                self._stop_button.set_status(self._status_with_output())

    def update_soon(self) -> None:
        """Publish the status a moment later; may be called very often."""
        with self._lock:
            if not self._finished and (self._timer is None or self._timer_delay > _AT_MOST_EVERY):
                self._set_timer(_AT_MOST_EVERY)

    def finish(self) -> None:
        """Publish the final status and remove the Stop button."""
        with self._lock:
            self._finished = True
            if self._timer is not None:
                self._timer.cancel()
        self._publish(update=True)
        with self._publishing:
            if self._stop_button is not None and self._stop_button.end():
                self._stop_button = None
                self._relay.publish(self._button_bundle(), display_id=self._button_id, update=True)

    def _publish(self, *, update: bool) -> None:
        with self._publishing:  # so that an older status cannot follow a newer one
            self._relay.publish(self._bundle(), display_id=self._id, update=update)
            if self._stop_button is not None:
                self._stop_button.set_status(self._status_with_output())

    def _bundle(self) -> dict[str, Any]:
        style = _STYLE if self._has_button else ""
        return {"text/plain": repr(self._job), "text/html": f'{style}<div class="subinterp-job">{self.html()}</div>'}

    def _button_bundle(self) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": ""}
        if self._stop_button is not None:
            view = {"version_major": 2, "version_minor": 0, "model_id": self._stop_button.model_id}
            bundle[_WIDGET_VIEW] = view
        return bundle

    def _final_bundles(self) -> dict[str, dict[str, Any]]:
        final = {self._id: self._bundle()}
        return {**final, self._button_id: self._button_bundle()} if self._has_button else final

    def _status_with_output(self) -> str:
        return f"{self.html()}<pre>{last_lines_as_html(self._job.last_text(), _LINES)}</pre>"

    def _schedule_update(self) -> None:
        with self._lock:
            if not self._finished:
                self._set_timer(_EVERY if self._job.elapsed < 60 else _EVERY_LATER)

    def _set_timer(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_delay = delay
        self._timer = self._scheduler.call_later(delay, self._on_timer)

    def _on_timer(self) -> None:
        if self._job.state == "running":
            self.update()
        self._schedule_update()
