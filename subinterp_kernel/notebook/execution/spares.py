"""Spares: interpreters made ahead, with IPython loaded, so that the first cell of a new name starts at once."""

from __future__ import annotations

import marshal
import threading
from typing import Any

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreters import environment, registry, search_path
from subinterp_kernel.interpreters.interpreter import Interpreter, worker_of
from subinterp_kernel.messaging import protocol
from subinterp_kernel.notebook.scheduler import Scheduler, Timer

__all__ = ["Spares"]

# Seconds after which a spare that was taken is replaced: making one keeps a processor busy, which the cell that has
# just ended still needs for its reply.
_REFILL_DELAY = 0.3


class Spares:
    """Keeps unnamed interpreters ready. Thread-safe.

    Parameters
    ----------
    size : int
        How many; 0 keeps none.
    modules : list of str
        Modules that they import ahead. A spare that has imported some is not used where other options are given.
    scheduler : Scheduler
        Delays the refill.
    """

    def __init__(self, size: int, modules: list[str], scheduler: Scheduler) -> None:
        self._size = size
        self._modules = list(modules)
        self._scheduler = scheduler
        self._ready: list[Interpreter] = []
        self._lock = threading.Lock()
        self._timer: Timer | None = None

    def resize(self, size: int) -> None:
        """Keep that many from now on: surplus ones are closed, missing ones are made at the next refill."""
        with self._lock:
            self._size = size
            surplus, self._ready = self._ready[size:], self._ready[:size]
        for spare in surplus:
            spare.close()

    def preload(self, modules: list[str]) -> None:
        """Import these modules ahead from now on; those that are ready are made anew."""
        size = self._size
        self.resize(0)
        self._modules = list(modules)
        self.resize(size)
        self.refill_soon()

    def refill(self) -> None:
        """Start as many as are missing, without waiting until they are ready."""
        with self._lock:
            self._timer = None
            while len(self._ready) < self._size:
                try:
                    spare = registry.create_unnamed()
                except InterpreterError:
                    return  # the process is ending, or cannot start threads: new names work without spares, too
                worker_of(spare).request(protocol.PRELOAD_SHELL, marshal.dumps(self._modules)).post()
                self._ready.append(spare)

    def refill_soon(self) -> None:
        """Refill a moment later, on another thread."""
        with self._lock:
            if self._timer is None and len(self._ready) < self._size:
                self._timer = self._scheduler.call_later(_REFILL_DELAY, self.refill)

    def take(self, name: str, **options: Any) -> Interpreter:
        """Return a new interpreter of that name: a spare if there is one.

        Parameters
        ----------
        name : str
            The name.
        **options
            `path`, `venv`, `env` and `extensions`, as for :func:`subinterp_kernel.create`.

        Raises
        ------
        InvalidNameError, NameTakenError, InvalidEnvironmentError, StartupError
            As for :func:`subinterp_kernel.create`.
        """
        registry.check_name(name)
        configuration = environment.request(**options)
        spare = None if configuration and self._modules else self._pop(None if configuration else name)
        if spare is None:
            return registry.create(name, **options)
        if configuration:
            return registry.configure_and_name(spare, configuration, name)
        # The spare has the sys.path of the time when it was made.
        path = marshal.dumps((search_path.main_path(), [], [], [], None, None))
        worker_of(spare).request(protocol.CONFIGURE, path).post()
        return spare

    def _pop(self, name: str | None) -> Interpreter | None:
        """Remove a usable spare, and name it if a name is given; NameTakenError leaves it where it is."""
        with self._lock:
            while self._ready:
                spare = self._ready[-1]
                usable = spare.state in ("starting", "idle", "running")
                if usable and name is not None:
                    registry.assign_name(spare, name)
                self._ready.pop()
                if usable:
                    return spare
        return None

    def close(self) -> None:
        """Close all spares, and keep none from now on."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        self.resize(0)
