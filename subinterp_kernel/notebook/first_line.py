"""Completion of the line on which ``%%subinterp`` or ``%subinterp`` stands: names, options, subcommands."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from typing import Any

from IPython.core.magic_arguments import MagicArgumentParser

from subinterp_kernel import registry
from subinterp_kernel.interpreter import MAIN_NAME

__all__ = ["FirstLine"]

_VALUES = {"--gil": ("own", "shared")}
_FOLDERS = frozenset({"--path", "--venv"})
_VARIABLES_IN = frozenset({"-i", "--input"})
_TAKE_ONE_NAME = frozenset({"run", "push", "pull", "use"})
_TAKE_NAMES = frozenset({"close", "reset", "interrupt", "wait"})
_MORE = {"close": ["--all"], "use": [MAIN_NAME], "wait": ["--timeout"]}


class FirstLine:
    """Completers for IPython's ``complete_command`` hook.

    Parameters
    ----------
    parser, new_parser : MagicArgumentParser
        Of the cell magic, and of ``%subinterp new``: they know the options.
    subcommands : iterable of str
        Of the line magic.
    namespace : mapping
        The notebook's variables.
    """

    def __init__(
        self,
        parser: MagicArgumentParser,
        new_parser: MagicArgumentParser,
        subcommands: Iterable[str],
        namespace: Mapping[str, object],
    ) -> None:
        self._options = sorted(parser._option_string_actions)
        self._new_options = sorted(new_parser._option_string_actions)
        self._subcommands = sorted(subcommands)
        self._namespace = namespace

    def cell_magic(self, _shell: Any, event: Any) -> list[str]:
        """Complete ``%%subinterp …``."""
        _, *words = event.text_until_cursor.split()
        finished = words if event.text_until_cursor[-1:].isspace() else words[:-1]
        before = finished[-1] if finished else ""
        if before in _VALUES:
            return list(_VALUES[before])
        if before in _FOLDERS:
            return _folders(event.symbol)
        if before in _VARIABLES_IN:
            return self._variables()
        names = _names() if not any(not word.startswith("-") for word in finished) else []
        return [*names, *self._options]

    def line_magic(self, _shell: Any, event: Any) -> list[str]:
        """Complete ``%subinterp …``."""
        _, *words = event.text_until_cursor.split()
        finished = words if event.text_until_cursor[-1:].isspace() else words[:-1]
        if not finished:
            return self._subcommands
        if finished[0] in _TAKE_NAMES or (finished[0] in _TAKE_ONE_NAME and len(finished) == 1):
            return [*_names(), *_MORE.get(finished[0], [])]
        if finished[0] == "new":
            if finished[-1] in _FOLDERS:
                return _folders(event.symbol)
            return list(_VALUES.get(finished[-1], self._new_options))
        return self._variables() if finished[0] == "push" else []

    def _variables(self) -> list[str]:
        return [name for name in self._namespace if not name.startswith("_")]


def _folders(begun: str) -> list[str]:
    """Return the folders whose paths begin like this, also behind ``~``."""
    start = os.path.expanduser(begun)
    found = [path for path in glob.glob(glob.escape(start) + "*") if os.path.isdir(path)]
    return [begun + path[len(start) :] + os.sep for path in sorted(found)]


def _names() -> list[str]:
    return [interpreter.name for interpreter in registry.list_all()[1:]]
