"""IPython's shell inside a sub-interpreter: what ipykernel's ZMQInteractiveShell is, with events instead of sockets."""

from __future__ import annotations

import base64
import json
import marshal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from IPython.core import page
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

from subinterp_kernel import protocol
from subinterp_kernel.compiled import inside as _inside
from subinterp_kernel.inside.failure import message_of
from subinterp_kernel.inside.stdin import Stdin

__all__ = ["SubinterpShell", "make_shell"]

_COLORS = "neutral"  # until the first cell tells what the main shell uses

Emit = Callable[[int, dict[str, Any]], None]


def _encode_value(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    return repr(value)


class EventPublisher(DisplayPublisher):
    """Publishes ``display()`` data as events."""

    emit: Emit = AnyTrait()  # type: ignore[assignment]

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_kwargs: Any,
    ) -> None:
        """Emit one display_data, or update_display_data."""
        self.emit(
            protocol.DISPLAY,
            {"data": data, "metadata": metadata or {}, "transient": transient or {}, "update": update},
        )

    def clear_output(self, wait: bool = False) -> None:
        """Emit one clear_output."""
        self.emit(protocol.CLEAR_OUTPUT, {"wait": wait})


class EventDisplayHook(DisplayHook):
    """Publishes the value of a cell's last expression as an event."""

    emit: Emit = AnyTrait()  # type: ignore[assignment]
    _content: dict[str, Any] | None = None

    def start_displayhook(self) -> None:
        """Begin one execute_result."""
        self._content = {}

    def write_output_prompt(self) -> None:
        """Leave the prompt to the frontend."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Take the representations."""
        assert self._content is not None
        self._content.update(data=format_dict, metadata=md_dict or {})

    def finish_displayhook(self) -> None:
        """Emit it, if there is anything to show."""
        if self._content and self._content.get("data"):
            self.emit(protocol.RESULT, self._content)
        self._content = None


class SubinterpShell(InteractiveShell):
    """IPython, with the interpreter's ``__main__`` as its user namespace."""

    displayhook_class = Type(EventDisplayHook)
    display_pub_class = Type(EventPublisher)

    emit: Emit = AnyTrait()  # type: ignore[assignment]
    stdin: Stdin = AnyTrait()  # type: ignore[assignment]
    last_error: tuple[str, str, list[str]] | None = None
    _colors = _COLORS

    def init_displayhook(self) -> None:
        """Build the display hook and give it the way out."""
        super().init_displayhook()
        self.displayhook.emit = self.emit

    def init_display_pub(self) -> None:
        """Build the publisher and give it the way out."""
        super().init_display_pub()
        self.display_pub.emit = self.emit

    def init_hooks(self) -> None:
        """Show in the cell what ``?`` would page."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(self._show_page), 99)

    def _show_page(self, text: Any, start: int = 0, screen_lines: int = 0, pager_cmd: str | None = None) -> None:  # noqa: ARG002 - IPython's signature
        data = text if isinstance(text, dict) else {"text/plain": text}
        self.display_pub.publish(data)

    def enable_gui(self, gui: str | None = None) -> None:
        """Refuse: event loops of GUI toolkits belong to the main interpreter."""
        if gui is not None:
            raise NotImplementedError(f"the GUI event loop {gui!r} can run in the main interpreter only")

    def ask_exit(self) -> None:
        """Tell how an interpreter is ended instead of ending it from within."""
        print("To end this interpreter, run `%subinterp close NAME` in a cell of its own.", file=sys.stderr)

    def system_piped(self, cmd: str) -> None:
        """Run a shell command with its output in the cell; no fork and no pseudo-terminal, which cannot work here."""
        command = self.var_expand(cmd, depth=1)
        with subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    sys.stdout.write(line.decode("utf-8", "replace"))
            except KeyboardInterrupt:
                process.terminate()
                raise
        self.user_ns["_exit_code"] = process.returncode

    system = system_piped

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self.last_error = (etype.__name__, message_of(evalue), stb)

    def start_afresh(self) -> None:
        """Forget the user's namespace, history and outputs."""
        self.reset(new_session=True)

    def run_request(self, payload: bytes) -> bytes:
        """Run one cell; the reply says how it went.

        Parameters
        ----------
        payload : bytes
            Marshalled ``(code, execution_count or None, store_history, silent, colors)``.

        Returns
        -------
        bytes
            Marshalled ``None``, or ``(ename, evalue, traceback lines)``.
        """
        code, execution_count, store_history, silent, colors = marshal.loads(payload)
        if colors != self._colors:
            self.colors = self._colors = colors
        if execution_count is not None:
            self.execution_count = execution_count
        self.last_error = None
        try:
            with self.stdin.answered():
                result = self.run_cell(code, store_history=store_history, silent=silent)
        except KeyboardInterrupt:
            # It came while IPython itself was at work, before or after the user's code.
            self.showtraceback()
        else:
            self._report(result)
        sys.stdout.flush()
        sys.stderr.flush()
        return marshal.dumps(self.last_error)

    def _report(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            # A representation that failed printed its own traceback; the cell itself has succeeded.
            if result.success:
                self.last_error = None
        elif self.last_error is None:
            self.last_error = (
                type(error).__name__,
                message_of(error),
                [f"{type(error).__name__}: {message_of(error)}"],
            )


def make_shell(outbox: _inside.Outbox) -> SubinterpShell:
    """Build the shell over this interpreter's ``__main__``."""

    def emit(kind: int, content: dict[str, Any]) -> None:
        outbox.emit(kind, json.dumps(content, default=_encode_value).encode())

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryAccessor.enabled = False
    config.InteractiveShell.colors = _COLORS
    config.IPCompleter.use_jedi = False
    main = sys.modules["__main__"]
    shell: SubinterpShell = SubinterpShell.instance(
        config=config, user_module=main, user_ns=main.__dict__, emit=emit, stdin=Stdin(outbox)
    )
    return shell
