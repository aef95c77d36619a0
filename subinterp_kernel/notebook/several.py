"""One cell in several interpreters at once: whose output is whose, and what has gone wrong where."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from IPython.core.error import UsageError

from subinterp_kernel import protocol, registry
from subinterp_kernel.channel import Sink
from subinterp_kernel.notebook.cells import CellError

__all__ = ["GROUPS", "CompositeError", "Presentation", "names_of"]

GROUPS = ("name", "type", "order")
"""How outputs are grouped: by interpreter, by kind and then interpreter, or not at all, as they come."""

_WILDCARDS = frozenset("*?[")
_KIND_NAMES = {protocol.STDOUT: "stdout", protocol.STDERR: "stderr"}
_SHOWN = frozenset({protocol.DISPLAY, protocol.RESULT, protocol.ERROR})
_OUTPUT = "output"

_Event = tuple[int, bytes]


class CompositeError(CellError):
    """What cells in several interpreters have raised; draws the traceback of each.

    Attributes
    ----------
    errors : dict of str to Exception
        By the name of the interpreter.
    """

    def __init__(self, errors: dict[str, Exception], size: int) -> None:
        summary = "; ".join(f"{name}: {_name_of(error)}: {error}" for name, error in errors.items())
        super().__init__(f"{len(errors)} of {size} interpreters raised an error: {summary}")
        self.ename, self.evalue, self.errors = type(self).__name__, str(self), errors
        self.lines = [line for name, error in errors.items() for line in (f"[{name}]", *_lines_of(error))]


def _name_of(error: Exception) -> str:
    return error.ename if isinstance(error, CellError) else type(error).__name__


def _lines_of(error: Exception) -> list[str]:
    return error.lines if isinstance(error, CellError) else [f"{_name_of(error)}: {error}"]


def names_of(words: str) -> list[str]:
    """Read ``"a,b,w*"``: names, and patterns for those of the interpreters there are.

    Raises
    ------
    UsageError
        A name is missing or appears twice, or no interpreter matches a pattern.
    InvalidNameError
        A name will not do.
    """
    names: list[str] = []
    for word in words.split(","):
        names += _matching(word) if _WILDCARDS & set(word) else [word]
    for name in names:
        if not name:
            raise UsageError(f"{words!r} lacks a name: write NAME,NAME without white space")
        if names.count(name) > 1:
            raise UsageError(f"{words!r} names interpreter {name!r} more than once")
        registry.check_name(name)
    return names


def _matching(pattern: str) -> list[str]:
    names = [interpreter.name for interpreter in registry.list_all()[1:]]
    found = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise UsageError(f"no interpreter matches {pattern!r}; there are: {', '.join(names) or 'none'}")
    return found


class Presentation:
    """Shows what a cell emits in one interpreter, or in several.

    Parameters
    ----------
    relay : callable
        The sink that shows single events.
    names : list of str
        The interpreters'.
    group : str
        One of :data:`GROUPS`. What several emit is shown live with ``"order"`` only.

    Attributes
    ----------
    sinks : list of callable
        One for the events of each interpreter.
    """

    def __init__(self, relay: Sink, names: list[str], group: str) -> None:
        self._relay = relay
        self._group = group
        self._live: list[_Labelled] = []
        self._collected: dict[str, list[_Event]] = {}
        self.sinks: list[Sink]
        if len(names) == 1:
            self.sinks = [relay]
        elif group == "order":
            self._live = [_Labelled(relay, name) for name in names]
            self.sinks = [*self._live]
        else:
            self._collected = {name: [] for name in names}
            self.sinks = [_collector(events) for events in self._collected.values()]

    def finish(self) -> None:
        """Show what was held back."""
        for labelled in self._live:
            labelled.finish()
        _show(self._relay, self._group, self._collected)


def _collector(events: list[_Event]) -> Sink:
    return lambda kind, payload: None if kind == protocol.FLUSH else events.append((kind, payload))


class _Labelled:
    """Shows events as they come, each line of text behind the name of its interpreter, whole lines only."""

    def __init__(self, relay: Sink, name: str) -> None:
        self._relay = relay
        self._label = f"[{name}] ".encode()
        self._begun = dict.fromkeys(_KIND_NAMES, b"")  # lines that have no end yet

    def __call__(self, kind: int, payload: bytes) -> None:
        if kind in _KIND_NAMES:
            lines = (self._begun[kind] + payload).splitlines(keepends=True)
            self._begun[kind] = b"" if payload.endswith(b"\n") else lines.pop()
            self._relay(kind, b"".join(self._label + line for line in lines))
        else:
            if kind in _SHOWN:
                self.finish()
                self._relay(protocol.STDOUT, self._label.rstrip() + b"\n")
            self._relay(kind, payload)

    def finish(self) -> None:
        """Show what has not ended in a newline."""
        for kind, line in self._begun.items():
            if line:
                self._relay(kind, self._label + line + b"\n")
        self._begun = dict.fromkeys(_KIND_NAMES, b"")


def _show(relay: Sink, group: str, events: dict[str, list[_Event]]) -> None:
    if group == "type":
        for kind_name in (*_KIND_NAMES.values(), _OUTPUT):
            _show_under(relay, f"{kind_name}:", _of_kind(events, kind_name))
    else:
        _show_under(relay, "", events)


def _of_kind(events: dict[str, list[_Event]], kind_name: str) -> dict[str, list[_Event]]:
    return {
        name: [event for event in all_events if _KIND_NAMES.get(event[0], _OUTPUT) == kind_name]
        for name, all_events in events.items()
    }


def _show_under(relay: Sink, prefix: str, events: dict[str, list[_Event]]) -> None:
    for name, own_events in events.items():
        if own_events:
            relay(protocol.STDOUT, f"[{prefix}{name}]\n".encode())
            _replay(relay, own_events)


def _replay(relay: Sink, events: Iterable[_Event]) -> None:
    last = (protocol.STDOUT, b"\n")
    for last in events:
        relay(*last)
    if last[0] == protocol.STDOUT and not last[1].endswith(b"\n"):
        relay(protocol.STDOUT, b"\n")  # the next heading begins a line
