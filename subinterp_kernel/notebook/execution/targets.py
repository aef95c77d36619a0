"""The interpreters that a list of names, ranges and patterns refers to."""

from __future__ import annotations

import difflib
import fnmatch
import re
import string
from collections.abc import Iterable

from IPython.core.error import UsageError

from subinterp_kernel.interpreters import registry
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.interpreters.lookup import MAIN_NAME

__all__ = ["POOL", "existing", "expanded", "first_live_target", "names_of", "refuse_taken", "refuse_typo"]

POOL = "pool:"  # before the name of a pool: all of its interpreters

_WILDCARDS = frozenset("*?[")
_LONGEST_RANGE = 1000
_MOST_DIGITS = 18


def names_of(targets: str) -> list[str]:
    """Return the names in ``"a,w1..w3,x*"``.

    Parameters
    ----------
    targets : str
        Names with commas between them; ``w1..w3`` for ``w1``, ``w2`` and ``w3``; patterns such as ``w*`` for the
        interpreters that exist; ``pool:NAME`` for the interpreters of a pool.

    Raises
    ------
    UsageError
        A name is missing or appears twice, a range is not valid, or no interpreter matches a pattern.
    InvalidNameError
        A name is not valid.
    """
    names = expanded(targets)
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{targets!r} names interpreter {name!r} more than once")
        registry.check_name(name)
    return names


def expanded(targets: str) -> list[str]:
    """Return the names in a list as of :func:`names_of`, which may be any: they are not checked.

    Raises
    ------
    UsageError
        A name is missing, a range is not valid, or no interpreter matches a pattern.
    """
    words = [word.strip() for word in targets.split(",")]
    if "" in words:
        raise UsageError(f"{targets!r} lacks a name: write NAME,NAME")
    return [name for word in words for name in _names_of_word(word)]


def existing(targets: str) -> list[Interpreter]:
    """Return the interpreters in a list as of :func:`names_of`, all of which must exist.

    Raises
    ------
    UsageError, InvalidNameError
        As for :func:`names_of`; or an interpreter does not exist.
    """
    live = {interpreter.name: interpreter for interpreter in registry.list_all()}
    names = expanded(targets)
    for name in names:
        if name not in live:
            raise UsageError(f"there is no interpreter {name!r}; {_listed(live)}")
    return [live[name] for name in dict.fromkeys(names)]


def refuse_typo(name: str) -> None:
    """Raise UsageError if there is no interpreter of that name, but one of a similar name."""
    live = _live_names()
    similar = [] if name in live else difflib.get_close_matches(name, live, n=1, cutoff=0.7)
    if similar:
        raise UsageError(
            f"there is no interpreter {name!r}; did you mean {similar[0]!r}? `%subinterp new {name}` makes a new one"
        )


def refuse_taken(names: Iterable[str]) -> None:
    """Raise UsageError if there is an interpreter of one of these names."""
    live = _live_names()
    for name in names:
        if name in live:
            raise UsageError(
                f"there is already an interpreter named {name!r}: choose another name, or run "
                f"`%subinterp close {name}` first"
            )


def first_live_target(targets: str) -> str | None:
    """Return the first interpreter in a list that exists, which may be incomplete; it answers completion."""
    live = _live_names()
    for word in targets.split(","):
        try:
            names = _names_of_word(word)
        except UsageError:
            continue
        found = next((name for name in names if name in live), None)
        if found is not None:
            return found
    return None


def _names_of_word(word: str) -> list[str]:
    if word.startswith(POOL):
        return _of_pool(word.removeprefix(POOL))
    if _WILDCARDS & set(word):
        return _matching(word)
    return _range(word) or [word]


def _of_pool(name: str) -> list[str]:
    found = [other for other in _live_names() if re.fullmatch(re.escape(name) + r"_\d+", other)]
    if not found:
        raise UsageError(f"no pool {name!r} has interpreters: `%subinterp pool {name}` makes one")
    return found


def _range(word: str) -> list[str]:
    """Return the names in ``w1..w4``, or in ``w1..4``; an empty list if it is not a range."""
    left, _, right = word.rpartition("..")
    stem = left.rstrip(string.digits)
    numbers = left[len(stem) :], right.removeprefix(stem)
    if not all(numbers) or numbers[1].strip(string.digits):
        return []
    first, last = map(int, numbers) if max(map(len, numbers)) <= _MOST_DIGITS else (0, -1)
    if not first <= last < first + _LONGEST_RANGE:
        raise UsageError(f"{word!r} is not a valid range: write NAME1..NAME4, at most {_LONGEST_RANGE} names, upwards")
    width = len(numbers[0]) if numbers[0].startswith("0") else 0
    return [f"{stem}{number:0{width}}" for number in range(first, last + 1)]


def _matching(pattern: str) -> list[str]:
    names = _live_names()
    found = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise UsageError(f"no interpreter matches {pattern!r}; {_listed(names)}")
    return found


def _listed(names: Iterable[str]) -> str:
    others = ", ".join(name for name in names if name != MAIN_NAME)
    return f"there are: {others}" if others else "there is only main"


def _live_names() -> list[str]:
    return [interpreter.name for interpreter in registry.list_all()[1:]]
