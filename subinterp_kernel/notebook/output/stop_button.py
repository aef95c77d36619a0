"""A widget with a Stop button for a job, where ipywidgets is installed and a kernel can talk to its frontend."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

__all__ = ["LIVE_STATUS", "StopButton", "stop_button_for"]

LIVE_STATUS = "subinterp-live-status"
"""The CSS class of a widget that shows the status."""


class StopButton:
    """A button; and, once :meth:`show_status` was called, the status and the last lines of the job. One widget.

    Parameters
    ----------
    on_click : callable
        Called without arguments.
    tooltip : str
        What the button does.

    Attributes
    ----------
    model_id : str
        The id of the widget's model.
    """

    def __init__(self, on_click: Callable[[], None], tooltip: str) -> None:
        import ipywidgets

        self._status = ipywidgets.HTML()
        self._button = ipywidgets.Button(description="Stop", icon="stop", tooltip=tooltip, layout={"width": "auto"})
        self._button.on_click(lambda _button: on_click())
        self._box = ipywidgets.VBox([self._button])
        self._shows_status = False
        self.model_id: str = self._box.model_id

    def show_status(self) -> None:
        """Show the status from now on; frontends can hide what they have stored of it: see ``JobDisplay``."""
        self._shows_status = True
        self._box.children = [self._status, self._button]
        self._box.add_class(LIVE_STATUS)

    def set_status(self, status: str) -> None:
        """Replace the status, which is HTML."""
        if self._shows_status:
            self._status.value = status

    def end(self) -> bool:
        """Remove the button. Return False if the widget still shows the status."""
        self._button.close()
        if self._shows_status:
            self._box.children = [self._status]
            return False
        for widget in (self._box, self._status):
            widget.close()
        return True


def stop_button_for(on_click: Callable[[], None], tooltip: str, shell: InteractiveShell) -> StopButton | None:
    """Return a button, or None without ipywidgets or outside a kernel."""
    kernel: Any = getattr(shell, "kernel", None)
    return StopButton(on_click, tooltip) if kernel is not None and find_spec("ipywidgets") is not None else None
