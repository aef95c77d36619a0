"""The parser of the magics' own lines: argparse, whose errors say what to do."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser

__all__ = ["LineParser"]


class LineParser(MagicArgumentParser):
    """Parses the line of a magic; what is wrong with it becomes a UsageError of one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError.

        Parameters
        ----------
        message : str
            What argparse makes of it.
        """
        for pattern, explain in (
            (r"unrecognized arguments: (.*)", self._unknown),
            (r"the following arguments are required: (.*)", self._missing),
            (r"argument (\S+): expected one argument", self._without_value),
            (r"argument (\S+): invalid choice: (\S+)", self._no_choice),
        ):
            found = re.match(pattern, message)
            if found:
                raise UsageError(explain(*found.groups()))
        raise UsageError(f"{self.prog}: {message}; `{self.prog}?` tells more")

    def _unknown(self, words: str) -> str:
        if words.startswith("-"):
            known = ", ".join(action.option_strings[-1] for action in self._actions if action.option_strings)
            return f"{self.prog} has no option {words.split(maxsplit=1)[0]}: it knows {known}"
        names = " (several names are written a,b)" if self.prog.startswith("%%") else ""
        return f"{self.prog} cannot do anything with {words!r}: it takes one name, and options{names}"

    def _missing(self, names: str) -> str:
        return f"{self.prog} needs to know where: write {self.prog} {names}"

    def _without_value(self, options: str) -> str:
        option = _long(options)
        return f"{option} needs a value: {self._values_of(option)}"

    def _no_choice(self, options: str, value: str) -> str:
        option = _long(options)
        return f"{option} cannot be {value}: it is {self._values_of(option)}"

    def _values_of(self, option: str) -> str:
        action: Any = next(action for action in self._actions if option in action.option_strings)
        return " or ".join(action.choices) if action.choices else str(action.metavar)


def _long(options: str) -> str:
    # argparse writes -i/--input
    return options.rpartition("/")[2]
