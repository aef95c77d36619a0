"""The IPython shell of a sub-interpreter: like ipykernel's ZMQInteractiveShell, with events instead of sockets."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import zlib
from typing import Any

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Instance, Type
from traitlets.config import Config

from subinterp_kernel.bindings import worker_thread as _worker_thread
from subinterp_kernel.interpreters import imports
from subinterp_kernel.messaging import own_frames, protocol
from subinterp_kernel.messaging.cells import ExecuteCell, RaisedError
from subinterp_kernel.worker import commands
from subinterp_kernel.worker.display import Emit, EventDisplayHook, EventPublisher, encode
from subinterp_kernel.worker.history import CellHistory
from subinterp_kernel.worker.input_transforms import QuickTransformerManager
from subinterp_kernel.worker.magics import WorkerMagics
from subinterp_kernel.worker.stdin import StdinRequests
from subinterp_kernel.worker.streams import is_event_stream, request_of_task
from subinterp_kernel.worker.tracebacks import message_of, without_message

__all__ = ["SubinterpShell", "make_shell"]

_COLORS = "neutral"  # until the first cell brings the setting of the main shell


class CellCompiler(CachingCompiler):
    """Names cells as ipykernel does, so that warnings and tracebacks look alike and tools recognize cells."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:  # noqa: ARG002 - IPython's signature
        """Return the file name for a cell's code."""
        number = zlib.crc32(raw_code.encode("utf-8", "surrogatepass"))
        return os.path.join(tempfile.gettempdir(), f"ipykernel_{os.getpid()}", f"{number}.py")


class SubinterpShell(InteractiveShell):
    """IPython, with the interpreter's ``__main__`` as its user namespace."""

    compiler_class = Type(CellCompiler)
    displayhook_class = Type(EventDisplayHook)
    display_pub_class = Type(EventPublisher)

    input_transformer_manager = Instance(QuickTransformerManager, ())
    emit: Emit = AnyTrait()  # type: ignore[assignment]
    stdin: StdinRequests = AnyTrait()  # type: ignore[assignment]
    last_error: RaisedError | None = None
    _message: tuple[BaseException, tuple[str, bool]] | None = None  # of the last exception shown
    _colors = _COLORS
    _depth = 0
    _checks_await_twice = False

    def init_displayhook(self) -> None:
        """Build the display hook and connect it to the events."""
        super().init_displayhook()
        self.displayhook.emit = self.emit

    def init_display_pub(self) -> None:
        """Build the publisher and connect it to the events."""
        super().init_display_pub()
        self.display_pub.emit = self.emit

    def init_history(self) -> None:
        """Keep the history in memory, without a database."""
        self.history_manager = CellHistory(shell=self, parent=self)
        self.configurables.append(self.history_manager)

    def init_hooks(self) -> None:
        """Let the frontend show the pager of ``?``."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(self._page), 99)

    def _page(self, text: Any, start: int = 0, screen_lines: int = 0, pager_cmd: str | None = None) -> None:  # noqa: ARG002 - IPython's signature
        data = text if isinstance(text, dict) else {"text/plain": text}
        self.payload_manager.write_payload({"source": "page", "data": data, "start": max(0, start)})

    def set_next_input(self, s: str, replace: bool = False) -> None:
        """Ask the frontend to put the text into the next cell, or into this one."""
        self.payload_manager.write_payload({"source": "set_next_input", "text": s, "replace": replace})

    def should_run_async(self, raw_cell: str, **kwargs: Any) -> bool:
        """Return whether the cell needs a running event loop; ``create_task`` needs one without ``await``, too."""
        awaits = bool(super().should_run_async(raw_cell, **kwargs))
        if not awaits and self._depth == 1 and self._checks_await_twice:
            super().should_run_async(raw_cell, **kwargs)  # it compiles the cell, and so shows its warnings again
        asyncio = sys.modules.get("asyncio")
        if asyncio is not None and asyncio._get_running_loop() is not None:  # a nested cell, such as that of %%time
            return awaits
        return awaits or asyncio is not None or "asyncio" in raw_cell

    def run_cell(self, *args: Any, **kwargs: Any) -> Any:
        """Run a cell and count the nesting."""
        self._depth += 1
        try:
            return super().run_cell(*args, **kwargs)
        finally:
            self._depth -= 1

    def init_magics(self) -> None:
        """Add the magics that a notebook has beyond IPython's own."""
        super().init_magics()
        self.register_magics(WorkerMagics)
        self.magics_manager.register_alias("ed", "edit")
        # A kernel loads this extension when it starts; here it is loaded at its first use.
        self.magics_manager.register_lazy("store", "IPython.extensions.storemagic")

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Set up matplotlib, or explain in one sentence why it cannot be used."""
        try:
            return super().enable_matplotlib(gui)
        except ImportError as error:
            imports.explain(error)
            raise UsageError(f"matplotlib cannot be used: {error}") from None

    def enable_gui(self, gui: str | None = None) -> None:
        """Refuse: event loops of GUI toolkits run in the main interpreter only."""
        if gui is not None:
            raise NotImplementedError(f"the GUI event loop {gui!r} can run in the main interpreter only")

    def safe_execfile_ipy(self, fname: Any, *args: Any, **kwargs: Any) -> None:
        """Run a file of cells; running a notebook needs nbformat."""
        if str(fname).endswith(".ipynb"):
            try:
                import nbformat  # noqa: F401
            except ImportError as error:
                raise UsageError(
                    f"%run of a notebook needs nbformat, which cannot be imported here ({error}): "
                    "run it in the main interpreter"
                ) from None
        super().safe_execfile_ipy(fname, *args, **kwargs)

    def ask_exit(self) -> None:
        """Print how to close the interpreter, instead of exiting."""
        print("To end this interpreter, run `%subinterp close NAME` in a cell of its own.")

    def system_piped(self, cmd: str) -> None:
        """Run a shell command on a pseudo-terminal, as in the main interpreter, and show its output in the cell."""
        command = self.var_expand(cmd, depth=1)
        self.user_ns["_exit_code"] = commands.run(command, sys.stdout.write)

    system = system_piped

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        found = super()._get_exc_info(exc_tuple)
        if isinstance(found[1], BaseException):  # anything, if user code calls sys.excepthook
            own_frames.drop_in_chain(found[1])
        return found

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Show an exception; if an interrupt ended its ``str()``, without calling that again."""
        error: BaseException | None = exc_tuple[1] if exc_tuple else sys.exception()
        if isinstance(error, BaseException):
            imports.explain(error)
        message, interrupted = ("", False) if error is None else self._message_of(error)
        if error is not None and interrupted:
            self._showtraceback(type(error), error, without_message(error, message))
        else:
            super().showtraceback(exc_tuple, *args, **kwargs)

    def _message_of(self, error: BaseException) -> tuple[str, bool]:
        if self._message is None or self._message[0] is not error:
            self._message = error, message_of(error)
        return self._message[1]

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        error = RaisedError(etype.__name__, self._message_of(evalue)[0], stb)
        ends_the_cell = self._ends_the_cell(evalue)
        # SystemExit is shown now, because more output follows, such as IPython's hint how to exit.
        show_now = not ends_the_cell or etype is SystemExit
        if show_now:
            self.emit(protocol.ERROR, {"error": error[:3], "in_result": self.displayhook.unfinished})
        if ends_the_cell:
            self.last_error = error._replace(shown=show_now)

    def show_usage_error(self, exc: UsageError) -> None:
        """Print the error, unless it ends the cell: then the main interpreter prints it."""
        if not self._ends_the_cell(exc):
            super().show_usage_error(exc)

    def _format_exception_for_storage(self, exception: BaseException, *args: Any, **kwargs: Any) -> dict[str, Any]:
        message, interrupted = self._message_of(exception)
        stored = {"ename": type(exception).__name__, "evalue": message, "traceback": []}
        if not interrupted:
            with contextlib.suppress(Exception):  # a broken __str__ must not hide its exception
                stored = super()._format_exception_for_storage(exception, *args, **kwargs)
        return stored

    def _ends_the_cell(self, error: BaseException) -> bool:
        result = self.displayhook.exec_result
        if self._depth > 1:  # %%capture runs a cell within the cell
            return False
        return result is None or error in (result.error_in_exec, result.error_before_exec)

    def clear_namespace(self) -> None:
        """Clear the user's namespace, history and outputs."""
        self.reset(new_session=True)

    def execute(self, cell: ExecuteCell) -> tuple[RaisedError | None, Any]:
        """Run one cell.

        Parameters
        ----------
        cell : ExecuteCell
            The code, and how to run it.

        Returns
        -------
        error : RaisedError or None
            The exception that ended the cell.
        value : object
            The value of the last expression; None if there is none, or if it ends with a semicolon.
        """
        if cell.colors != self._colors:
            self.colors = self._colors = cell.colors
        self.execution_count = cell.number
        self._checks_await_twice = cell.checks_await_twice
        self.last_error = None
        result = None
        try:
            with self.stdin.for_cell(is_job=not cell.allow_stdin):
                result = self.run_cell(cell.code, store_history=True)
        except KeyboardInterrupt:
            # It arrived while IPython's own code ran, before or after the user's.
            self.showtraceback()
        else:
            self._set_last_error(result)
        self._message = None
        self._send_pending_output()
        return self.last_error, None if result is None else result.result

    def _set_last_error(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            # A representation that failed has shown its own traceback; the cell itself has succeeded.
            if result.success:
                self.last_error = None
        elif self.last_error is None:  # shown by IPython (an exception group) or by a handler of the user's
            name, message = type(error).__name__, self._message_of(error)[0]
            self.last_error = RaisedError(name, message, [f"{name}: {message}"], shown=True)

    def _send_pending_output(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if not is_event_stream(stream) and hasattr(stream, "flush"):
                stream.flush()
        for payload in self.payload_manager.read_payload():
            self.emit(protocol.PAYLOAD, payload)
        self.payload_manager.clear_payload()


class _LoopRunner:
    def __call__(self, cell: Any) -> Any:
        # Imported at the first use, because asyncio takes a while.
        from subinterp_kernel.worker.asyncio_loop import run_in_loop

        return run_in_loop(cell)

    def __str__(self) -> str:
        return "asyncio"


# Libraries detect a notebook by this name.
SubinterpShell.__name__ = "ZMQInteractiveShell"


def make_shell(outbox: _worker_thread.Outbox) -> SubinterpShell:
    """Build the shell whose user namespace is this interpreter's ``__main__``."""

    def emit(kind: int, content: dict[str, Any]) -> None:
        outbox.emit(kind, encode(content), request_of_task.get())

    config = Config()
    config.CellHistory.enabled = False  # nothing is written to disk
    config.HistoryAccessor.enabled = False
    config.InteractiveShell.colors = _COLORS
    config.IPCompleter.use_jedi = False
    config.InteractiveShell.loop_runner = _LoopRunner()
    main = sys.modules["__main__"]
    shell: SubinterpShell = SubinterpShell.instance(
        config=config, user_module=main, user_ns=main.__dict__, emit=emit, stdin=StdinRequests(outbox)
    )
    return shell
