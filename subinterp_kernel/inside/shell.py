"""IPython's shell inside a sub-interpreter: what ipykernel's ZMQInteractiveShell is, with events instead of sockets."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from typing import Any

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

from subinterp_kernel import protocol
from subinterp_kernel.compiled import inside as _inside
from subinterp_kernel.inside.display import Emit, EventDisplayHook, EventPublisher, encode
from subinterp_kernel.inside.failure import leave_out_waits, message_of
from subinterp_kernel.inside.history import CellHistory
from subinterp_kernel.inside.magics import InsideMagics
from subinterp_kernel.inside.stdin import Stdin
from subinterp_kernel.inside.streams import is_event_stream, request_of_task

__all__ = ["SubinterpShell", "make_shell"]

_CHUNK = 1 << 16  # bytes of a command's output at a time
_COLORS = "neutral"  # until the first cell tells what the main shell uses


class CellCompiler(CachingCompiler):
    """Names cells as ipykernel names them, so that warnings and tracebacks look alike and tools know them for cells."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:  # noqa: ARG002 - IPython's signature
        """Return the file name for a cell's code."""
        number = zlib.crc32(raw_code.encode("utf-8", "surrogatepass"))
        return os.path.join(tempfile.gettempdir(), f"ipykernel_{os.getpid()}", f"{number}.py")


class SubinterpShell(InteractiveShell):
    """IPython, with the interpreter's ``__main__`` as its user namespace."""

    compiler_class = Type(CellCompiler)
    displayhook_class = Type(EventDisplayHook)
    display_pub_class = Type(EventPublisher)

    emit: Emit = AnyTrait()  # type: ignore[assignment]
    stdin: Stdin = AnyTrait()  # type: ignore[assignment]
    last_error: tuple[str, str, list[str]] | None = None
    last_error_is_drawn = False
    _colors = _COLORS
    _depth = 0

    def init_displayhook(self) -> None:
        """Build the display hook and give it the way out."""
        super().init_displayhook()
        self.displayhook.emit = self.emit

    def init_display_pub(self) -> None:
        """Build the publisher and give it the way out."""
        super().init_display_pub()
        self.display_pub.emit = self.emit

    def init_history(self) -> None:
        """Remember cells without a database."""
        self.history_manager = CellHistory(shell=self, parent=self)
        self.configurables.append(self.history_manager)

    def init_hooks(self) -> None:
        """Let the frontend page what ``?`` shows."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(self._page), 99)

    def _page(self, text: Any, start: int = 0, screen_lines: int = 0, pager_cmd: str | None = None) -> None:  # noqa: ARG002 - IPython's signature
        data = text if isinstance(text, dict) else {"text/plain": text}
        self.payload_manager.write_payload({"source": "page", "data": data, "start": max(0, start)})

    def set_next_input(self, s: str, replace: bool = False) -> None:
        """Let the frontend put the text into the next cell, or into this one."""
        self.payload_manager.write_payload({"source": "set_next_input", "text": s, "replace": replace})

    def should_run_async(self, raw_cell: str, **kwargs: Any) -> bool:
        """Tell whether the cell wants a running event loop: also without ``await``, ``create_task`` does."""
        asyncio = sys.modules.get("asyncio")
        if asyncio is not None and asyncio._get_running_loop() is not None:  # a cell within a cell, as %%time runs it
            return bool(super().should_run_async(raw_cell, **kwargs))
        return asyncio is not None or "asyncio" in raw_cell or bool(super().should_run_async(raw_cell, **kwargs))

    def run_cell(self, *args: Any, **kwargs: Any) -> Any:
        """Run a cell, or one within a cell."""
        self._depth += 1
        try:
            return super().run_cell(*args, **kwargs)
        finally:
            self._depth -= 1

    def init_magics(self) -> None:
        """Add what a notebook has beyond IPython's own."""
        super().init_magics()
        self.register_magics(InsideMagics)
        self.magics_manager.register_alias("ed", "edit")
        # A kernel loads this extension at its start; here, at its first use.
        self.magics_manager.register_lazy("store", "IPython.extensions.storemagic")

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Prepare for plots, or say in one sentence why there can be none."""
        try:
            return super().enable_matplotlib(gui)
        except ImportError:
            raise UsageError(
                "matplotlib cannot be imported here (NumPy refuses interpreters with a GIL of their own): "
                "share an array and plot it in the main interpreter"
            ) from None

    def enable_gui(self, gui: str | None = None) -> None:
        """Refuse: event loops of GUI toolkits belong to the main interpreter."""
        if gui is not None:
            raise NotImplementedError(f"the GUI event loop {gui!r} can run in the main interpreter only")

    def safe_execfile_ipy(self, fname: Any, *args: Any, **kwargs: Any) -> None:
        """Run a file of cells; a notebook only where nbformat can be imported."""
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
        """Tell how an interpreter is ended instead of ending it from within."""
        print("To end this interpreter, run `%subinterp close NAME` in a cell of its own.", file=sys.stderr)

    def system_piped(self, cmd: str) -> None:
        """Run a shell command with its output in the cell; no fork and no pseudo-terminal, which cannot work here."""
        command = self.var_expand(cmd, depth=1)
        shell = os.environ.get("SHELL") or shutil.which("sh")
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with subprocess.Popen(
            command, shell=True, executable=shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            try:
                while chunk := process.stdout.read1(_CHUNK):  # type: ignore[attr-defined]
                    sys.stdout.write(decoder.decode(chunk))
            except KeyboardInterrupt:
                process.terminate()
                raise
        self.user_ns["_exit_code"] = process.returncode

    system = system_piped

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        found = super()._get_exc_info(exc_tuple)
        leave_out_waits(found[2])
        return found

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        shown = (etype.__name__, message_of(evalue), stb)
        ends = self._ends_the_cell(evalue)
        if ends:
            self.last_error = shown
        if not ends or etype is SystemExit:
            # At once, for more may be shown after it, such as IPython's hint how to leave.
            self.last_error_is_drawn = self.last_error_is_drawn or ends
            self.emit(protocol.ERROR, {"error": shown, "in_result": self.displayhook.unfinished})

    def show_usage_error(self, exc: UsageError) -> None:
        """Print it, unless it ends the cell: then the main interpreter does."""
        if not self._ends_the_cell(exc):
            super().show_usage_error(exc)

    def _format_exception_for_storage(self, exception: BaseException, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            stored: dict[str, Any] = super()._format_exception_for_storage(exception, *args, **kwargs)
        except Exception:  # noqa: BLE001 - a broken __str__ must not hide the exception that has it
            stored = {"ename": type(exception).__name__, "evalue": message_of(exception), "traceback": []}
        return stored

    def _ends_the_cell(self, error: BaseException) -> bool:
        result = self.displayhook.exec_result
        if self._depth > 1:  # %%capture runs a cell within the cell
            return False
        return result is None or error in (result.error_in_exec, result.error_before_exec)

    def start_afresh(self) -> None:
        """Forget the user's namespace, history and outputs."""
        self.reset(new_session=True)

    def run_order(self, order: protocol.CellOrder) -> tuple[tuple[str, str, list[str], bool] | None, Any]:
        """Run one cell.

        Parameters
        ----------
        order : CellOrder
            The code, and how to run it.

        Returns
        -------
        error : tuple of (str, str, list of str, bool), or None
            The name of the exception's class, its message, the lines of its traceback, and whether they were shown.
        value : object
            The last expression's; None where it has none, or ends with a semicolon.
        """
        if order.colors != self._colors:
            self.colors = self._colors = order.colors
        self.execution_count = order.number
        self.last_error, self.last_error_is_drawn = None, False
        result = None
        try:
            with contextlib.nullcontext() if order.background else self.stdin.answered():
                result = self.run_cell(order.code, store_history=True)
        except KeyboardInterrupt:
            # It came while IPython itself was at work, before or after the user's code.
            self.showtraceback()
        else:
            self._report(result)
        for stream in (sys.stdout, sys.stderr):
            if not is_event_stream(stream) and hasattr(stream, "flush"):
                stream.flush()
        for payload in self.payload_manager.read_payload():
            self.emit(protocol.PAYLOAD, payload)
        self.payload_manager.clear_payload()
        error = self.last_error and (*self.last_error, self.last_error_is_drawn)
        return error, None if result is None else result.result

    def _report(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            # A representation that failed printed its own traceback; the cell itself has succeeded.
            if result.success:
                self.last_error = None
        elif self.last_error is None:  # an exception group, which IPython prints, or a handler of the user's own
            name, message = type(error).__name__, message_of(error)
            self.last_error, self.last_error_is_drawn = (name, message, [f"{name}: {message}"]), True


class _LoopRunner:
    def __call__(self, cell: Any) -> Any:
        # Imported when it is needed: with asyncio it takes a while.
        from subinterp_kernel.inside.coroutines import run_in_loop

        return run_in_loop(cell)

    def __str__(self) -> str:
        return "asyncio"


# Libraries look for this name when they want to know whether they are in a notebook.
SubinterpShell.__name__ = "ZMQInteractiveShell"


def make_shell(outbox: _inside.Outbox) -> SubinterpShell:
    """Build the shell over this interpreter's ``__main__``."""

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
        config=config, user_module=main, user_ns=main.__dict__, emit=emit, stdin=Stdin(outbox)
    )
    return shell
