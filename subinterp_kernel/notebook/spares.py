"""Interpreters made ahead, with IPython loaded, so that the first cell of a new name starts at once."""

from __future__ import annotations

import marshal
import threading
from typing import Any

from subinterp_kernel import protocol, registry, surroundings
from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreter import Interpreter

__all__ = ["Spares"]

# Seconds after which a spare that was taken is replaced. Making one keeps a processor busy, which the cell that has
# just ended still needs for its reply.
_REFILL_DELAY = 0.3


class Spares:
    """Keeps a number of unnamed interpreters ready. Thread-safe.

    Parameters
    ----------
    size : int
        How many; 0 keeps none.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._ready: list[Interpreter] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def resize(self, size: int) -> None:
        """Keep that many from now on; surplus ones are closed, missing ones come with the next refill."""
        with self._lock:
            self._size = size
            surplus, self._ready = self._ready[size:], self._ready[:size]
        for spare in surplus:
            spare.close()

    def refill(self) -> None:
        """Start as many as are missing; returns at once, they come up on their own threads."""
        with self._lock:
            self._timer = None
            while len(self._ready) < self._size:
                try:
                    spare = registry.create_unnamed()
                except InterpreterError:
                    return  # the process is ending, or out of threads: then cells do without
                spare._live().request(protocol.WARM, b"").post()
                self._ready.append(spare)

    def refill_soon(self) -> None:
        """Refill a moment later, on another thread."""
        with self._lock:
            if self._timer is None and len(self._ready) < self._size:
                self._timer = threading.Timer(_REFILL_DELAY, self.refill)
                self._timer.daemon = True
                self._timer.start()

    def take(self, name: str, **wishes: Any) -> Interpreter:
        """Return a new interpreter of that name: a spare if there is one, else made now.

        Parameters
        ----------
        name : str
            Its name.
        **wishes
            `path`, `venv` and `env`, as for :func:`subinterp_kernel.create`.

        Raises
        ------
        InvalidNameError, NameTakenError, SurroundingsError
            The name will not do, or what is wished.
        StartupError
            As for :func:`subinterp_kernel.create`.
        """
        registry.check_name(name)
        wanted = surroundings.request(**wishes)
        spare = self._pop(None if wanted else name)
        if spare is None:
            return registry.create(name, **wishes)
        if wanted:
            return registry.adopt_settled(spare, wanted, name)
        # The spare has the path of the time when it was made.
        path = marshal.dumps((surroundings.main_path(), [], [], [], None))
        spare._live().request(protocol.SETTLE, path).post()
        return spare

    def _pop(self, name: str | None) -> Interpreter | None:
        """Take a spare away, under a name if one is given; a taken name raises, and the spare stays."""
        with self._lock:
            while self._ready:
                spare = self._ready[-1]
                usable = spare.state in ("starting", "idle", "running")
                if usable and name is not None:
                    registry.adopt(spare, name)
                self._ready.pop()
                if usable:
                    return spare
        return None

    def close(self) -> None:
        """Close the spares that nobody has taken, and keep none from now on."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        self.resize(0)
