"""The handlers of requests: source code, calls, variables and cells. Only cells need more than the standard library."""

from __future__ import annotations

import builtins
import contextlib
import gc
import linecache
import marshal
import sys
from importlib import import_module
from types import CodeType

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.errors import NotShareableError
from subinterp_kernel.messaging import protocol
from subinterp_kernel.messaging.dotted_paths import look_up
from subinterp_kernel.shared import serialization
from subinterp_kernel.worker import call_globals, streams
from subinterp_kernel.worker.baseline import Baseline

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from subinterp_kernel.bindings._worker_thread import Reply

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

__all__ = ["RequestHandlers", "clear_main"]

_NO_RESULT: Reply = (protocol.RETURNED, b"", ())
_PRISTINE = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__")


class RequestHandlers:
    """Handles the requests that work on ``__main__``. The IPython shell is built for the first cell.

    Parameters
    ----------
    outbox : Outbox
        Takes the events of the shell.
    """

    def __init__(self, outbox: _worker_thread.Outbox) -> None:
        self._outbox = outbox
        self._main = sys.modules["__main__"].__dict__
        self._baseline = Baseline()
        self._executed = 0
        self._shell: Any = None

    def by_kind(self) -> dict[int, Callable[[bytes], Reply]]:
        """Return the handler of each kind of request."""
        return {
            protocol.EXEC: self.exec,
            protocol.CALL: self.call,
            protocol.PREPARE_MAIN: self.prepare_main,
            protocol.GET: self.get,
            protocol.RESET: self.reset,
            protocol.CELL: self.cell,
            protocol.PRELOAD_SHELL: self.preload_shell,
            protocol.MEMORY_USAGE: self.memory_usage,
            protocol.CONFIGURE: self.configure,
            protocol.TASK: self.task,
            protocol.INITIALIZE: self.initialize,
        }

    def exec(self, payload: bytes) -> Reply:
        """Run source code in ``__main__``."""
        source = payload.decode("utf-8", "surrogatepass")
        self._executed += 1
        filename = f"<exec {self._executed}>"
        try:
            code = compile(source, filename, "exec", dont_inherit=True)
            if _defines_functions(code):
                _cache_source(filename, source)
            exec(code, self._main)
        except BaseException:
            _cache_source(filename, source)
            raise
        return _NO_RESULT

    def call(self, payload: bytes) -> Reply:
        """Call a function and return its pickled result."""
        function, args, kwargs = call_globals.loads(payload)
        return _result(call_globals.run(self._main, function, args, kwargs), "the result")

    def prepare_main(self, payload: bytes) -> Reply:
        """Bind variables in ``__main__``."""
        self._main.update(serialization.loads(payload))
        return _NO_RESULT

    def get(self, payload: bytes) -> Reply:
        """Return a pickled variable of ``__main__``."""
        path = payload.decode("utf-8", "surrogatepass")
        return _result(look_up(self._main, path), f"variable {path!r}")

    def reset(self, _payload: bytes) -> Reply:
        """Clear ``__main__`` and restore what user code has replaced elsewhere."""
        self._baseline.restore()
        streams.redirect(self._outbox)
        clear_main()
        if self._shell is not None:
            self._shell.clear_namespace()
        return _NO_RESULT

    def cell(self, payload: bytes) -> Reply:
        """Run a notebook cell, with the variables that it takes and sends back."""
        shell = self._ipython()
        from subinterp_kernel.worker import cell_requests  # imported with the shell

        return cell_requests.run(payload, shell, self._main, self.reset)

    def preload_shell(self, payload: bytes) -> Reply:
        """Build the IPython shell, and import modules, before the first cell."""
        shell = self._ipython()
        for name in marshal.loads(payload):
            with contextlib.suppress(Exception):  # it is left for the cell that needs it
                import_module(name)
        # What the first cell and the first inspection would have to wait for: IPython's late imports, and the garbage
        # collection that is due.
        shell.run_cell("None", silent=True)
        shell.object_inspect_mime("print")
        gc.collect()
        return _NO_RESULT

    def memory_usage(self, _payload: bytes) -> Reply:
        """Return how many bytes the objects that the garbage collector tracks take, without what only they refer to."""
        return protocol.RETURNED, marshal.dumps(sum(map(_size_of, gc.get_objects()))), ()

    def configure(self, payload: bytes) -> Reply:
        """Set the path, and the environment if there is one."""
        from subinterp_kernel.worker import environment

        with self._baseline.extended():
            environment.configure(payload)
        return _NO_RESULT

    def task(self, payload: bytes) -> Reply:
        """Run one task of the interpreter's pool."""
        return _result(self._tasks().run(payload), "the result")

    def initialize(self, payload: bytes) -> Reply:
        """Make the first call of the interpreter's pool."""
        self._tasks().call_initializer(payload)
        return _NO_RESULT

    def _tasks(self) -> Any:
        from subinterp_kernel.worker import tasks

        return tasks

    def _ipython(self) -> Any:
        if self._shell is None:
            # The imported modules are not garbage: collecting while they are imported takes an eighth of the time.
            gc.disable()
            _worker_thread.hold_interrupts(True)  # a module whose import is interrupted would stay half-imported
            try:
                with self._baseline.extended():
                    self._shell = self._make_shell()
            finally:
                gc.enable()
                _worker_thread.hold_interrupts(False)
        return self._shell

    def _make_shell(self) -> Any:
        from subinterp_kernel.worker.environment import import_from_main_path

        with import_from_main_path():
            from subinterp_kernel.worker.introspection import Introspection
            from subinterp_kernel.worker.shell import make_shell

            shell = make_shell(self._outbox)
        Introspection(shell).start(self._outbox)
        return shell


def clear_main() -> None:
    """Clear ``__main__``, so that finalizers of the user's objects run while everything they may need still works."""
    namespace = sys.modules["__main__"].__dict__
    for name in [name for name in namespace if name not in _PRISTINE]:
        del namespace[name]
    call_globals.clear()
    gc.collect()


def _size_of(value: object) -> int:
    try:
        return sys.getsizeof(value)
    except Exception:  # noqa: BLE001 - user code's __sizeof__ may raise anything
        return 0


def _result(value: Any, what: str) -> Reply:
    try:
        data, pins = serialization.dumps(value, what)
    except NotShareableError as error:
        return protocol.UNSHAREABLE, str(error).encode("utf-8", "backslashreplace"), ()
    return protocol.RETURNED, data, pins


def _defines_functions(code: CodeType) -> bool:
    # A function or class may raise later; its traceback then needs the source.
    return any(isinstance(constant, CodeType) for constant in code.co_consts)


def _cache_source(filename: str, source: str) -> None:
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
