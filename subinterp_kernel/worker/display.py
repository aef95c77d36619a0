"""Sends rich output and the values of cells as events."""

from __future__ import annotations

import base64
import datetime
import json
import numbers
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from traitlets import Any as AnyTrait

from subinterp_kernel.messaging import protocol

__all__ = ["Emit", "EventDisplayHook", "EventPublisher", "encode"]

_WIDGET = "application/vnd.jupyter.widget-view+json"
_warned_of_widgets = False

Emit = Callable[[int, dict[str, Any]], None]


def encode(content: dict[str, Any]) -> bytes:
    """Return the content as JSON; other types of values are converted as ipykernel converts them."""
    return json.dumps(content, default=_encode_value).encode()


def _encode_value(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    return list(value) if isinstance(value, Iterable) else repr(value)


def _without_widget(data: dict[str, Any]) -> dict[str, Any]:
    # Widgets use comms, which only the main interpreter has: a frontend would wait for the model without end.
    global _warned_of_widgets
    if _WIDGET not in data:
        return data
    if not _warned_of_widgets:
        _warned_of_widgets = True
        print("Widgets work in the main interpreter only: here they are shown as plain text.")
    return {mimetype: value for mimetype, value in data.items() if mimetype != _WIDGET}


class EventPublisher(DisplayPublisher):
    """Publishes ``display()`` data as events."""

    emit: Emit = AnyTrait()  # type: ignore[assignment]

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_kwargs: Any,
    ) -> None:
        """Emit a display_data or an update_display_data."""
        data = _without_widget(data)
        self.emit(
            protocol.DISPLAY,
            {"data": data, "metadata": metadata or {}, "transient": transient or {}, "update": update},
        )

    def clear_output(self, wait: bool = False) -> None:
        """Emit a clear_output."""
        self.emit(protocol.CLEAR_OUTPUT, {"wait": wait})


class EventDisplayHook(DisplayHook):
    """Publishes the value of a cell's last expression as an event."""

    emit: Emit = AnyTrait()  # type: ignore[assignment]
    _content: dict[str, Any] | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a value is being shown, or showing it failed."""
        return self._content is not None

    def start_displayhook(self) -> None:
        """Start an execute_result."""
        self._content = {}

    def write_output_prompt(self) -> None:
        """No-op: the frontend shows the prompt."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Store the representations."""
        assert self._content is not None
        self._content.update(data=_without_widget(format_dict), metadata=md_dict or {})

    def finish_displayhook(self) -> None:
        """Emit the execute_result if it has data."""
        if self._content and self._content.get("data"):
            self.emit(protocol.RESULT, self._content)
        self._content = None
