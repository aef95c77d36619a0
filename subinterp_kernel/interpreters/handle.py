"""Which interpreter a handle refers to, and what state that interpreter is in."""

from __future__ import annotations

import marshal
from typing import Self
from weakref import WeakValueDictionary

from subinterp_kernel.bindings import control
from subinterp_kernel.errors import ClosedError, InterpreterError
from subinterp_kernel.interpreters import lookup
from subinterp_kernel.interpreters.lookup import MAIN_ID, MAIN_NAME
from subinterp_kernel.messaging import protocol

__all__ = ["InterpreterHandle"]

_MEMORY_USAGE_TIMEOUT = 0.5  # seconds


class InterpreterHandle:
    """Identity and state of an interpreter; :class:`Interpreter` adds what can be done with it."""

    __slots__ = ("__weakref__", "_worker")

    _worker: control.Worker | None

    def __new__(cls, name: str | int) -> Self:  # noqa: D102 - the class describes it
        return cls._of(lookup.find_worker(name))

    @classmethod
    def _of(cls, worker: control.Worker | None) -> Self:
        """Return the one handle of this class on a worker, or on main."""
        key = (cls, worker)
        self = _known.get(key)
        if self is None:
            self = super().__new__(cls)
            self._worker = worker
            self = _known.setdefault(key, self)
        assert isinstance(self, cls)
        return self

    def __repr__(self) -> str:
        return f"<Interpreter {self.name!r} (id {self.id}, {self.state})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InterpreterHandle) and self._worker == other._worker

    def __hash__(self) -> int:
        return hash(self.id)

    def __reduce__(self) -> tuple[type[Self], tuple[int]]:
        return type(self), (self.id,)  # CPython never gives an id out twice

    @property
    def name(self) -> str:
        """The name; ``"main"`` for the interpreter that the process started with."""
        return MAIN_NAME if self._worker is None else self._worker.name

    @property
    def id(self) -> int:
        """CPython's id of the interpreter, unique in the process. Waits until the interpreter has started."""
        if self._worker is None:
            return MAIN_ID
        self._worker.wait_until_up()
        return self._worker.interpreter_id

    @property
    def whence(self) -> str:
        """``"runtime init"`` for the main interpreter, ``"C-API"`` for others (:pep:`734` has more)."""
        return "runtime init" if self._worker is None else "C-API"

    @property
    def gil(self) -> str:
        """``"own"``, or ``"shared"`` with the main interpreter."""
        return "own" if self._worker is not None and self._worker.own_gil else "shared"

    @property
    def state(self) -> str:
        """One of ``starting``, ``idle``, ``running``, ``closing``, ``closed``, ``abandoned``, ``failed``."""
        return "running" if self._worker is None else self._worker.state

    @property
    def cells_run(self) -> int:
        """The number of notebook cells that it has finished, with or without an error."""
        return 0 if self._worker is None else self._worker.cells

    @property
    def backlog(self) -> int:
        """The number of cells and calls that run in it or wait in its queue."""
        return 0 if self._worker is None else self._worker.backlog()

    def is_running(self) -> bool:
        """Return whether it runs a request now. For the main interpreter, always True.

        Raises
        ------
        ClosedError
            The interpreter is closed.
        """
        state = self.state
        if state in ("closed", "failed", "abandoned"):
            raise ClosedError(f"interpreter {self.name!r} is closed")
        return state == "running"

    def memory_usage(self) -> int | None:
        """Return how many bytes its objects take, or None if it is busy, closed, or the main interpreter.

        Only objects that the garbage collector tracks are counted, without what only they refer to.
        """
        if self._worker is None or self._worker.state != "idle":
            return None
        try:
            request = self._worker.request(protocol.MEMORY_USAGE, b"")
            request.post()
        except InterpreterError:
            return None
        if not request.wait(_MEMORY_USAGE_TIMEOUT):
            return None
        kind, payload = request.reply()
        return int(marshal.loads(payload)) if kind == protocol.RETURNED else None


_known: WeakValueDictionary[tuple[type, control.Worker | None], InterpreterHandle] = WeakValueDictionary()
