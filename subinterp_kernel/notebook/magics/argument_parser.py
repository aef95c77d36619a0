"""The parser of the magics' lines: argparse, with errors of one sentence and with completion."""

from __future__ import annotations

import argparse
import itertools
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser

__all__ = ["Completer", "LineParser", "split", "split_unfinished"]

# What is outside of quotes and begins with # after white space, or at the beginning of the line.
_COMMENT = re.compile(r"""^((?:[^'"#]|'[^']*'|"[^"]*"|(?<=\S)#)*)(?<!\S)#.*$""")

Completer = Callable[[str, Sequence[str]], Iterable[str]]
"""Takes the beginning of a value, and the positional arguments before it; returns the values that may be meant."""


class LineParser(MagicArgumentParser):
    """Parses the line of a magic. What is wrong with the line becomes a UsageError of one sentence.

    Parameters
    ----------
    prog : str
        The magic, with the subcommand.
    description : str
        What it does, in one line.
    """

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog=prog, description=description, add_help=False, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        self.color = False  # Python 3.14 colours the help
        self._completers: dict[str, Completer] = {}
        self._separators: dict[str, str] = {}
        self._words: list[str] = []

    def add(self, *flags: str, complete: Completer | None = None, separators: str = "", **settings: Any) -> None:
        """Add an argument.

        Parameters
        ----------
        *flags, **settings
            As for ``ArgumentParser.add_argument``.
        complete : callable, optional
            Completes its value; the choices do where there are some.
        separators : str
            The characters that may separate several values in one word.
        """
        action = self.add_argument(*flags, **settings)
        self._separators[action.dest] = separators
        if complete is not None:
            self._completers[action.dest] = complete

    def complete(self, words: list[str], symbol: str) -> tuple[str, list[str]]:
        """Return the end of the next word that may be replaced, and what may stand there.

        Parameters
        ----------
        words : list of str
            The finished words after the magic and its subcommand.
        symbol : str
            The beginning of the next word.
        """
        given = self._given_positionals(words)
        option = self._option_string_actions.get(words[-1]) if words else None
        if option is not None and option.nargs != 0:
            return self._values(option, symbol, given)
        flag, equals, value = symbol.partition("=")
        option = self._option_string_actions.get(flag)
        if option is not None and option.nargs != 0 and equals:
            return self._values(option, value, given)
        if symbol.startswith("-"):
            return symbol, self._options(words, symbol)
        return self._positional_or_option(words, symbol, given)

    def _positional_or_option(self, words: list[str], symbol: str, given: list[str]) -> tuple[str, list[str]]:
        positional = self._next_positional(len(given))
        fragment, values = (symbol, []) if positional is None else self._values(positional, symbol, given)
        options = [] if fragment != symbol else self._options(words, symbol)
        is_enough = positional is None or (given and positional.nargs in ("*", "+"))
        return fragment, [*options, *values] if is_enough else [*values, *options]

    def _values(self, action: argparse.Action, symbol: str, given: list[str]) -> tuple[str, list[str]]:
        """Complete the last of the values in `symbol`; those that are there already are not offered."""
        separators = self._separators[action.dest]
        *before, fragment = re.split(f"[{separators}]", symbol) if separators else [symbol]
        positionals = self._get_positional_actions()
        its_words = given[positionals.index(action) :] if action in positionals else []
        used = {part for word in its_words for part in word.split(",")}.union(before)
        completer = self._completers.get(action.dest)
        values = action.choices or (() if completer is None else completer(fragment, given))
        return fragment, [value for value in values if value.startswith(fragment) and value not in used]

    def _options(self, words: list[str], symbol: str) -> list[str]:
        """Return the options that begin with `symbol` and may still be given."""
        used = {self._option_string_actions[word].dest for word in words if word in self._option_string_actions}
        return [
            option
            for option, action in sorted(self._option_string_actions.items())
            if option.startswith(symbol) and (action.dest not in used or isinstance(action.default, list))
        ]

    def _given_positionals(self, words: list[str]) -> list[str]:
        given, expects_value = [], False
        for word in words:
            option = self._option_string_actions.get(word)
            if option is None and not expects_value and not word.startswith("-"):
                given.append(word)
            expects_value = option is not None and option.nargs != 0
        return given

    def _next_positional(self, count: int) -> argparse.Action | None:
        positionals = self._get_positional_actions()
        if count < len(positionals):
            return positionals[count]
        return positionals[-1] if positionals and positionals[-1].nargs in ("*", "+") else None

    def error(self, message: str) -> NoReturn:
        """Raise UsageError.

        Parameters
        ----------
        message : str
            argparse's message.
        """
        for pattern, explain in (
            (r"unrecognized arguments: (.*)", self._unrecognized),
            (r"the following arguments are required: (.*)", self._missing),
            (r"argument (\S+): expected one argument", self._without_value),
            (r"argument (\S+): invalid choice: (\S+)", self._invalid_choice),
            (r"argument \S+: (.*)", lambda problem: problem),
        ):
            found = re.match(pattern, message)
            if found:
                raise UsageError(explain(*found.groups()))
        raise UsageError(f"{self.prog}: {message}; `{self.prog}?` shows the help")

    def _unrecognized(self, words: str) -> str:
        if not self._actions:
            return f"{self.prog} takes no arguments"
        if words.startswith("-"):
            known = ", ".join(action.option_strings[-1] for action in self._actions if action.option_strings)
            option = words.split(maxsplit=1)[0]
            return f"{self.prog} has no option {option}; " + (f"its options are {known}" if known else "it has none")
        return f"{self.prog} does not take {words!r}; `{self.prog}?` shows the help"

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse words; remember them, because argparse says what is missing before it says what is unknown.

        Parameters
        ----------
        args, namespace
            As for ``ArgumentParser.parse_known_args``.
        """
        self._words = list(args)
        return super().parse_known_args(args, namespace)

    def _missing(self, _names: str) -> str:
        unknown = self._unknown_option()
        if unknown is not None:
            return self._unrecognized(unknown)
        positionals = [str(action.metavar) for action in self._actions if not action.option_strings]
        return f"{self.prog} needs more arguments: write {self.prog} {' '.join(positionals)}"

    def _unknown_option(self) -> str | None:
        """Return the first word of the line that looks like an option and is none."""
        options = self._option_string_actions
        for previous, word in itertools.pairwise(["", *self._words]):
            if word == "--":
                return None
            is_value = previous in options and options[previous].nargs != 0
            flag = word.partition("=")[0]
            is_known = any(option.startswith(flag) or option == word[:2] for option in options)
            if word.startswith("-") and word != "-" and not is_value and not is_known:
                return word
        return None

    def _without_value(self, options: str) -> str:
        option = _long(options)
        return f"{option} needs a value: {self._values_of(option)}"

    def _invalid_choice(self, options: str, value: str) -> str:
        option = _long(options)
        return f"{option} cannot be {value}: it is {self._values_of(option)}"

    def _values_of(self, option: str) -> str:
        action: Any = next(action for action in self._actions if option in action.option_strings)
        return " or ".join(action.choices) if action.choices else str(action.metavar)


def split(line: str) -> list[str]:
    """Return the words of a line; quotes group characters as in a shell, and ``#`` starts a comment.

    White space around a comma does not separate words: ``-i x, y`` is ``-i x,y``.

    Raises
    ------
    UsageError
        A quote is not closed.
    """
    try:
        return _joined(shlex.split(_COMMENT.sub(r"\1", line)))
    except ValueError as error:
        raise UsageError(f"cannot read the options {line.strip()!r}: {str(error).lower()}") from None


def split_unfinished(line: str) -> list[str] | None:
    """Return the words of a line that is being typed, of which the last may be empty; None within a comment."""
    if _COMMENT.match(line):
        return None
    words = line.split()
    return _joined(words if words and not line[-1].isspace() else [*words, ""])


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and (word.startswith(",") or (joined[-1].endswith(",") and not word.startswith("-"))):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _long(options: str) -> str:
    return options.rpartition("/")[2]  # argparse writes -i/--input
