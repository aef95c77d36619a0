"""Interpreters made ahead, with IPython loaded, so that the first cell of a new name starts at once."""

from __future__ import annotations

import marshal
import sys

from subinterp_kernel import protocol, registry
from subinterp_kernel.interpreter import Interpreter

__all__ = ["Spares"]


class Spares:
    """Keeps a number of unnamed interpreters ready. To be used from one thread.

    Parameters
    ----------
    size : int
        How many; 0 keeps none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._ready: list[Interpreter] = []

    def refill(self) -> None:
        """Start as many as are missing; returns at once, they come up on their own threads."""
        while len(self._ready) < self.size:
            spare = registry.create_unnamed()
            assert spare._worker is not None
            spare._worker.request(protocol.WARM, b"").post()
            self._ready.append(spare)

    def take(self, name: str) -> Interpreter:
        """Return a new interpreter of that name: a spare if there is one, else made now.

        Raises
        ------
        InvalidNameError, NameTakenError
            The name will not do; no spare is used up.
        """
        registry.check_name(name)
        while self._ready:
            spare = self._ready[-1]
            usable = spare.state in ("starting", "idle", "running")
            if usable:
                registry.adopt(spare, name)  # a taken name raises here, and the spare stays
            self._ready.pop()
            if usable:
                # The spare has the path of the time when it was made.
                path = [entry for entry in sys.path if isinstance(entry, str)]
                spare._live().request(protocol.SET_PATH, marshal.dumps(path)).post()
                return spare
        return registry.create(name)

    def close(self) -> None:
        """Close the spares that nobody has taken."""
        while self._ready:
            self._ready.pop().close()
