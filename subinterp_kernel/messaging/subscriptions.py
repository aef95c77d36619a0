"""Which sink shows the events of which request: one record for each request."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from typing import NamedTuple

__all__ = ["Callback", "Sink", "Subscription", "Subscriptions"]

Sink = Callable[[int, bytes], None]
"""Takes one event: its kind (see :mod:`subinterp_kernel.messaging.protocol`) and its payload."""

Callback = Callable[[], None]

_REMEMBERED = 64  # ended requests of one worker whose asyncio tasks may still print
_OUTPUTS = 256  # cells whose tasks in pools may still print


class Subscription(NamedTuple):
    """Where the events of one request go.

    Attributes
    ----------
    request_id, handle : int
        The request, and the worker that it was sent to.
    sink : callable, optional
        Shows the events.
    on_start, on_reply : callable, optional
        Called without arguments when the request starts, and when its reply and all its events have arrived; see
        :func:`subinterp_kernel.messaging.event_reader.subscribe`.
    """

    request_id: int
    handle: int
    sink: Sink | None = None
    on_start: Callback | None = None
    on_reply: Callback | None = None


class Subscriptions:
    """All subscriptions of the process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: dict[int, Subscription] = {}
        self._ended: dict[int, OrderedDict[int, Subscription]] = {}  # by worker; those that printed last come last
        self._latest: dict[int, Subscription] = {}  # by worker
        self._outputs: deque[int] = deque()

    def add(self, subscription: Subscription) -> None:
        """Add the subscription of a request that is about to be sent."""
        with self._lock:
            self._active[subscription.request_id] = subscription
            if subscription.sink is not None:
                self._latest[subscription.handle] = subscription

    def add_output(self, output_id: int, sink: Sink) -> None:
        """Add a sink for all requests that send their output under that id; the oldest of many is dropped."""
        with self._lock:
            self._active[output_id] = Subscription(output_id, 0, sink)
            self._outputs.append(output_id)
            if len(self._outputs) > _OUTPUTS:
                self._active.pop(self._outputs.popleft(), None)

    def find(self, request_id: int) -> Subscription | None:
        """Return the subscription of a request that has not ended."""
        return self._active.get(request_id)

    def cancel(self, request_id: int) -> None:
        """Drop the subscription of a request that is not sent after all: nothing of it can arrive."""
        with self._lock:
            cancelled = self._active.pop(request_id, None)
            if cancelled is None or self._latest.get(cancelled.handle) is not cancelled:
                return
            history: dict[int, Subscription] = self._ended.get(cancelled.handle, OrderedDict())
            active = [each for each in self._active.values() if each.handle == cancelled.handle and each.sink]
            earlier = [*history.values(), *active]
            if earlier:
                self._latest[cancelled.handle] = earlier[-1]
            else:
                del self._latest[cancelled.handle]

    def end(self, request_id: int) -> None:
        """Mark a request as ended. Its sink still shows what the asyncio tasks of its cell print later."""
        with self._lock:
            ended = self._active.pop(request_id, None)
            if ended is None or ended.sink is None or ended.handle not in self._latest:
                return
            history = self._ended.setdefault(ended.handle, OrderedDict())
            history[request_id] = ended
            while len(history) > _REMEMBERED:
                history.popitem(last=False)

    def forget_worker(self, handle: int) -> None:
        """Drop the ended requests of an interpreter that is closed now."""
        with self._lock:
            self._latest.pop(handle, None)
            self._ended.pop(handle, None)

    def has_worker(self, handle: int) -> bool:
        """Return whether a worker has had a subscription with a sink, and was not forgotten."""
        return handle in self._latest

    def forget_other_workers(self, handles: Collection[int]) -> None:
        """Drop the ended requests of all interpreters but these."""
        for handle in set(self._latest).difference(handles):
            self.forget_worker(handle)

    def sink_of(self, handle: int, request_id: int) -> Sink | None:
        """Return the sink of a request, or of the latest request of its worker, or None if there is none."""
        active = self._active.get(request_id)
        if active is not None and active.sink is not None:
            return active.sink
        with self._lock:
            history = self._ended.get(handle)
            found = None if history is None else history.get(request_id)
            if history is not None and found is not None:
                history.move_to_end(request_id)
            else:
                found = self._latest.get(handle)
        return None if found is None else found.sink
