"""One interpreter as an object: run code in it, call functions, move variables, interrupt, close."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from types import CodeType, FunctionType
from typing import Any

from subinterp_kernel.bindings import control
from subinterp_kernel.errors import ExecutionFailed, InterpreterError
from subinterp_kernel.interpreters import closing
from subinterp_kernel.interpreters.handle import InterpreterHandle
from subinterp_kernel.messaging import event_reader, protocol, replies, requests
from subinterp_kernel.messaging.dotted_paths import UnknownVariableError
from subinterp_kernel.shared import serialization

__all__ = ["Interpreter", "worker_of"]

_VARIADIC = 0x04 | 0x08  # inspect.CO_VARARGS | inspect.CO_VARKEYWORDS; inspect takes long to import
_PACKAGE = os.path.dirname(os.path.dirname(__file__))


class Interpreter(InterpreterHandle):
    """A handle on an interpreter, of which there is one per interpreter that uses it.

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
    All methods are thread-safe and work in every interpreter. An interpreter runs the requests that it is sent one
    after the other, in the order of their arrival. A handle can be passed to another interpreter. Names and behaviour
    follow ``concurrent.interpreters.Interpreter`` (:pep:`734`).

    Examples
    --------
    >>> import subinterp_kernel as sk
    >>> with sk.create("worker") as worker:
    ...     worker.exec("x = 20")
    ...     worker.call(pow, 2, 10), worker.get("x")
    (1024, 20)
    """

    __slots__ = ()

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # --------------------------------------------------------------------------------------------------- requests

    def exec(self, code: str | CodeType | FunctionType, /) -> None:
        """Run code in its ``__main__`` and wait until it ends.

        Parameters
        ----------
        code : str, code object or function
            Python source, or a function without parameters whose body is run with ``__main__`` as its globals. What it
            prints appears on this interpreter's ``sys.stdout``.

        Raises
        ------
        TypeError
            It is something else.
        ValueError
            The function has parameters, or uses variables of a function around it.
        ExecutionFailed
            The code raised an exception. Variables that it had bound before stay bound.
        ClosedError
            The interpreter is closed.
        KeyboardInterrupt
            Ctrl-C in the main thread; the code was interrupted, too.
        """
        if isinstance(code, FunctionType):
            code = _body_of(code)
        if isinstance(code, CodeType):
            self.call(exec, code)
        elif isinstance(code, str):
            requests.send(worker_of(self), protocol.EXEC, code.encode("utf-8", "surrogatepass"))
        else:
            raise TypeError(
                f"exec() takes source code as a str, a code object or a function, not {type(code).__name__}"
            )

    def call(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function in the interpreter and return a copy of its result.

        Parameters
        ----------
        callable : callable
            Sent by name if it can be imported there, else by value (functions typed in a notebook).
        *args, **kwargs
            Copied; shared objects cross by reference.

        Returns
        -------
        object
            A copy of the result.

        Raises
        ------
        ExecutionFailed
            The function raised an exception.
        NotShareableError
            The callable, an argument or the result cannot be pickled.

        Notes
        -----
        Functions of ``__main__`` keep their global variables there, apart from the interpreter's own ``__main__``,
        until it is reset. A variable keeps what they assign to it until the caller changes its own. ``eval``, ``exec``,
        ``dir``, ``globals``, ``locals`` and ``vars`` themselves use the interpreter's ``__main__``.
        """
        data, pins = serialization.dumps((callable, args, kwargs), f"the call of {_name_of(callable)}")
        return requests.send(worker_of(self), protocol.CALL, data, pins)

    def call_in_thread(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> threading.Thread:
        """Like :meth:`call`, from a new thread, which is returned; the result is dropped."""
        thread = threading.Thread(target=self.call, args=(callable, *args), kwargs=kwargs)
        thread.start()
        return thread

    def submit(self, callable: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Like :meth:`call`, but return a future at once. Main interpreter only.

        Notes
        -----
        Done-callbacks run on a thread that serves this interpreter's futures, one after the other.

        Examples
        --------
        >>> import subinterp_kernel as sk
        >>> with sk.create("worker") as worker:
        ...     worker.submit(sum, [1, 2, 3]).result()
        6
        """
        event_reader.start()
        data, pins = serialization.dumps((callable, args, kwargs), f"the call of {_name_of(callable)}")
        worker = worker_of(self)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        request = worker.request(protocol.CALL, data, pins, announce=True)
        try:
            event_reader.subscribe(request, worker, on_reply=lambda: replies.resolve(future, request, worker))
            request.post()
        except BaseException:
            event_reader.unsubscribe(request)
            raise
        return future

    def prepare_main(self, namespace: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **variables: Any) -> None:
        """Bind variables in its ``__main__``.

        Parameters
        ----------
        namespace : mapping, or iterable of pairs, optional
            Names and values.
        **variables
            Further names and values.

        Raises
        ------
        ValueError
            There is no variable to bind, or a name is not valid.
        NotShareableError
            A value cannot cross. The message names the variable, and no variable was bound.
        """
        names = dict(namespace, **variables)
        if not names:
            raise ValueError("prepare_main() needs at least one variable, such as prepare_main(x=1)")
        for name in names:
            if not isinstance(name, str) or not name.isidentifier():
                raise ValueError(f"{name!r} is not a valid variable name")
        data, pins = serialization.dumps_variables(names)
        requests.send(worker_of(self), protocol.PREPARE_MAIN, data, pins)

    def get(self, name: str, /) -> Any:
        """Return a copy of a variable of its ``__main__``, or of an attribute below one (``"name.attribute"``).

        Raises
        ------
        KeyError
            There is no such variable (as ``__main__.__dict__[name]`` would).
        NotShareableError
            The value cannot cross.
        """
        try:
            return requests.send(worker_of(self), protocol.GET, name.encode("utf-8", "surrogatepass"))
        except ExecutionFailed as failed:
            if failed.excinfo.type.__name__ != UnknownVariableError.__name__:
                raise
            raise KeyError(f"interpreter {self.name!r} has no variable {name.partition('.')[0]!r}") from None

    def reset(self) -> None:
        """Clear its ``__main__`` and restore what code in it has replaced elsewhere.

        Notes
        -----
        Its builtins, standard streams, hooks in :mod:`sys`, and functions and classes of the standard library's modules
        that were imported at the start are restored. Imported modules, path and environment stay.
        """
        requests.send(worker_of(self), protocol.RESET)

    # ---------------------------------------------------------------------------------------------------- control

    def interrupt(self) -> bool:
        """Raise KeyboardInterrupt in the request that it runs now.

        Returns
        -------
        bool
            False if it runs none. Never blocks. Code that is inside C sees the interrupt when it returns to Python.
        """
        return self._worker is not None and self._worker.interrupt()

    def close(self, timeout: float = 5.0) -> None:
        """End the interpreter and free everything it holds.

        Queued requests are refused, the running one is interrupted, and threads are joined.

        Parameters
        ----------
        timeout : float
            Seconds. An interpreter that has not ended by then is left behind, with a ``RuntimeWarning``: its name is
            free, and it ends when its code returns to Python.

        Raises
        ------
        InterpreterError
            This is the main interpreter, or the one that makes the call.
        """
        worker = self._worker
        if worker is None:
            raise InterpreterError("the main interpreter cannot be closed: it ends with the process")
        if worker.is_current():
            raise InterpreterError(f"interpreter {self.name!r} cannot close itself: close it from another one")
        if not closing.close_worker(worker, timeout):
            warnings.warn(
                f"interpreter {self.name!r} could not be ended, because code in it neither returns nor reacts to "
                "interrupts; it is left behind",
                RuntimeWarning,
                skip_file_prefixes=(_PACKAGE,),
            )


def worker_of(interpreter: Interpreter) -> control.Worker:
    """Return the worker that serves an interpreter's requests; for this package only.

    Raises
    ------
    InterpreterError
        It is the main interpreter, or the calling thread is the worker's own and would wait for itself.
    """
    worker = interpreter._worker
    if worker is None:
        raise InterpreterError("this is the main interpreter: run the code here, without another interpreter")
    if worker.is_current():
        raise InterpreterError(f"interpreter {worker.name!r} cannot wait for itself: run the code here")
    return worker


def _body_of(function: FunctionType) -> CodeType:
    code = function.__code__
    if code.co_argcount or code.co_kwonlyargcount or code.co_flags & _VARIADIC or code.co_freevars:
        raise ValueError(
            f"exec() runs functions without parameters and closure only, unlike {_name_of(function)}(): use call()"
        )
    return code


def _name_of(callable: object) -> str:
    return getattr(callable, "__qualname__", None) or repr(callable)
