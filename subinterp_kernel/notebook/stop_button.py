"""A button that stops a job, where ipywidgets is installed and a kernel can talk to its frontend."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

if TYPE_CHECKING:
    from subinterp_kernel.notebook.jobs import Job

__all__ = ["StopButton", "stop_button_for"]


class StopButton:
    """A line of HTML with a button behind it, as one widget.

    Parameters
    ----------
    job : Job
        Whose ``interrupt()`` the button calls.

    Attributes
    ----------
    model_id : str
        Of the widget.
    """

    def __init__(self, job: Job) -> None:
        import ipywidgets

        self._line = ipywidgets.HTML()
        self._button = ipywidgets.Button(
            description="Stop", icon="stop", tooltip=f"Interrupt job {job.number}", layout={"width": "auto"}
        )
        self._button.on_click(lambda _button: job.interrupt())
        self._box = ipywidgets.HBox([self._line, self._button])
        self.model_id: str = self._box.model_id

    def say(self, line: str) -> None:
        """Replace the line of HTML."""
        self._line.value = line

    def close(self) -> None:
        """Take the widget out of the frontend."""
        for widget in (self._box, self._button, self._line):
            widget.close()


def stop_button_for(job: Job, shell: InteractiveShell) -> StopButton | None:
    """Return a button, or None where there can be none."""
    kernel: Any = getattr(shell, "kernel", None)
    return StopButton(job) if kernel is not None and find_spec("ipywidgets") is not None else None
