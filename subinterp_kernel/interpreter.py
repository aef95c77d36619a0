"""One interpreter as an object: run code in it, call functions, move variables, interrupt, close."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from subinterp_kernel import channel, protocol, replies, transfer
from subinterp_kernel.compiled import lifecycle
from subinterp_kernel.errors import (
    ExecutionFailed,
    InterpreterError,
    InterpreterNotFoundError,
)

if TYPE_CHECKING:
    from subinterp_kernel.transfer import Pin

__all__ = ["MAIN_NAME", "Interpreter"]

MAIN_NAME = "main"
_MAIN_ID = 0
_SECOND_INTERRUPT_AFTER = 0.5  # seconds between the interrupts of close()


class Interpreter:
    """A handle on an interpreter; any number of them may stand for the same one.

    Parameters
    ----------
    name : str or int
        The name, or the id, of a live interpreter.

    Raises
    ------
    InterpreterNotFoundError
        There is none of that name or id; :func:`subinterp_kernel.create` makes one.

    Notes
    -----
    All methods are thread-safe and work in every interpreter. Requests to one interpreter are served in the order in
    which they arrive. Names and behaviour follow ``concurrent.interpreters.Interpreter`` (:pep:`734`).
    """

    __slots__ = ("__weakref__", "_worker")

    def __init__(self, name: str | int) -> None:
        self._worker = _find(name)

    @classmethod
    def _of(cls, worker: lifecycle.Worker | None) -> Interpreter:
        self = cls.__new__(cls)
        self._worker = worker
        return self

    def __repr__(self) -> str:
        return f"<Interpreter {self.name!r} (id {self.id}, {self.state})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Interpreter) and self._worker == other._worker

    def __hash__(self) -> int:
        return hash(self._worker)

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------- what it is

    @property
    def name(self) -> str:
        """Its name; ``"main"`` is the interpreter that the process began with."""
        return MAIN_NAME if self._worker is None else self._worker.name

    @property
    def id(self) -> int:
        """CPython's number for it, never given out twice in a process. Waits until the interpreter is up."""
        if self._worker is None:
            return _MAIN_ID
        self._worker.wait_until_up()
        return self._worker.interpreter_id

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
        """How many notebook cells it has finished, whatever their outcome."""
        return 0 if self._worker is None else self._worker.cells

    def is_running(self) -> bool:
        """Tell whether it works on a request now. The main interpreter always does."""
        return self.state == "running"

    # ---------------------------------------------------------------------------------------------- what it does

    def exec(self, code: str, /) -> None:
        """Run source code in its ``__main__`` and wait for the end.

        Parameters
        ----------
        code : str
            Python source. What it prints appears on this interpreter's ``sys.stdout``.

        Raises
        ------
        ExecutionFailed
            The code raised; the namespace keeps what it had got so far.
        ClosedError
            The interpreter is closed.
        KeyboardInterrupt
            Ctrl-C in the main thread; the code was interrupted, too.
        """
        if not isinstance(code, str):
            raise TypeError(f"exec() takes source code as a str, not {type(code).__name__}; use call() for functions")
        self._ask(protocol.EXEC, code.encode("utf-8", "surrogatepass"))

    def call(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function in the interpreter and return a copy of its result.

        Parameters
        ----------
        callable : callable
            Crosses by reference if it can be imported there, else by value (functions typed in a notebook).
        *args, **kwargs
            Copied; shared memory crosses by reference.

        Returns
        -------
        object
            A copy of what it returned.

        Raises
        ------
        ExecutionFailed
            The function raised.
        NotShareableError
            The callable, an argument or the result cannot be pickled.
        """
        data, pins = transfer.dumps((callable, args, kwargs), f"the call of {_name_of(callable)}")
        return self._ask(protocol.CALL, data, pins)

    def call_in_thread(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> threading.Thread:
        """Like :meth:`call` from a new thread, which is returned, started; the result is dropped."""
        thread = threading.Thread(target=self.call, args=(callable, *args), kwargs=kwargs)
        thread.start()
        return thread

    def submit(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Like :meth:`call`, but return at once with a future. Main interpreter only."""
        channel.start()
        data, pins = transfer.dumps((callable, args, kwargs), f"the call of {_name_of(callable)}")
        worker = self._live()
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        request = worker.request(protocol.CALL, data, pins, announce=True)
        channel.expect_reply(request.id, lambda: replies.settle(future, request, worker))
        try:
            request.post()
        except BaseException:
            channel.detach(request.id, worker.handle)
            raise
        return future

    def prepare_main(self, namespace: dict[str, Any] | None = None, /, **variables: Any) -> None:
        """Bind variables in its ``__main__``.

        Parameters
        ----------
        namespace : dict, optional
            Names and values.
        **variables
            More of them.

        Raises
        ------
        NotShareableError
            A value cannot cross; the sentence names the variable, and nothing was bound.
        """
        names = {**(namespace or {}), **variables}
        for name in names:
            if not isinstance(name, str) or not name.isidentifier():
                raise ValueError(f"{name!r} cannot name a variable")
        data, pins = transfer.dumps_variables(names)
        self._ask(protocol.PREPARE_MAIN, data, pins)

    def get(self, name: str, /) -> Any:
        """Return a copy of a variable of its ``__main__``, or of an attribute below one (``"name.attribute"``).

        Raises
        ------
        KeyError
            It has no such variable (as ``__main__.__dict__[name]`` would).
        NotShareableError
            The value cannot cross.
        """
        try:
            return self._ask(protocol.GET, name.encode("utf-8", "surrogatepass"))
        except ExecutionFailed as failed:
            if failed.excinfo.type.__name__ != "KeyError":
                raise
            raise KeyError(f"interpreter {self.name!r} has no variable {name.partition('.')[0]!r}") from None

    def reset(self) -> None:
        """Clear its ``__main__`` and restore its builtins. Imported modules, path and environment stay."""
        self._ask(protocol.RESET)

    def interrupt(self) -> bool:
        """Raise KeyboardInterrupt in what it runs now.

        Returns
        -------
        bool
            False if it runs nothing. Never blocks; code that is inside C notices when it comes back to Python.
        """
        return self._worker is not None and self._worker.interrupt()

    def close(self, timeout: float = 5.0) -> None:
        """End the interpreter and free all it holds.

        Waiting requests are refused, what runs is interrupted, threads are joined.

        Parameters
        ----------
        timeout : float
            Seconds after which what cannot be ended is left behind, with a ``RuntimeWarning``.

        Raises
        ------
        InterpreterError
            This is the main interpreter, or the one that the call comes from.
        """
        worker = self._worker
        if worker is None:
            raise InterpreterError("the main interpreter cannot be closed: it ends with the process")
        if worker.handle == lifecycle.current_handle():
            raise InterpreterError(f"interpreter {self.name!r} cannot close itself: close it from another one")
        worker.refuse_further_requests()
        worker.wait_until_up(timeout)
        while timeout > 0:
            worker.interrupt()
            if worker.wait_until_down(min(_SECOND_INTERRUPT_AFTER, timeout)):
                break
            timeout -= _SECOND_INTERRUPT_AFTER
        channel.forget(worker.handle)
        if worker.state not in ("closed", "failed"):
            worker.give_up()
            warnings.warn(
                f"interpreter {self.name!r} could not be ended: something in it neither finishes nor can be "
                "interrupted; it is left behind",
                RuntimeWarning,
                stacklevel=2,
            )

    # -------------------------------------------------------------------------------------------------- machinery

    def _live(self) -> lifecycle.Worker:
        worker = self._worker
        if worker is None:
            raise InterpreterError("this is the main interpreter: run the code here, without another interpreter")
        if worker.is_current():
            raise InterpreterError(f"interpreter {worker.name!r} cannot wait for itself: run the code here")
        return worker

    def _ask(self, kind: int, payload: bytes = b"", pins: Iterable[Pin] = ()) -> Any:
        worker = self._live()
        request = worker.request(kind, payload, pins)
        try:
            request.post()
            request.wait()
            request.wait_shown()
        except KeyboardInterrupt:
            # The code there ends first, so that nothing goes on unseen; a second Ctrl-C gives up waiting. What still
            # waits for its turn is taken back instead: the interrupt would hit another request.
            if request.posted and not request.withdraw():
                self.interrupt()
                request.wait()
                request.wait_shown()
            raise
        return replies.decode(request, worker)


def _name_of(callable: object) -> str:
    return getattr(callable, "__qualname__", None) or repr(callable)


def _find(name: str | int) -> lifecycle.Worker | None:
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise TypeError(f"an interpreter is named by a str or an int id, not {type(name).__name__}")
    if name in (MAIN_NAME, _MAIN_ID):
        return None
    if isinstance(name, str):
        worker = lifecycle.find(name) if name else None
    else:
        worker = next((row for row in lifecycle.live() if row.interpreter_id == name), None)
    if worker is None:
        raise InterpreterNotFoundError(f"there is no interpreter {name!r}; create({name!r}) makes one")
    return worker
