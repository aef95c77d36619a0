"""The arguments of the subcommands for parallel work: ``pool``, ``map``, ``scatter`` and ``gather``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from subinterp_kernel.notebook.magics import value_completion as complete
from subinterp_kernel.notebook.magics.argument_parser import Completer, LineParser

__all__ = ["DEFAULT_POOL", "add_pool_parsers"]

DEFAULT_POOL = "map"


def add_pool_parsers(add: Callable[[str, str], LineParser], variables: Completer | None) -> None:
    """Add the parsers of these subcommands.

    Parameters
    ----------
    add : callable
        Makes the parser of a subcommand, with a description.
    variables : callable or None
        Completes variables of the notebook.
    """
    pool = add("pool", "make a pool of interpreters NAME_0, NAME_1, ..., and bind the executor to the variable NAME")
    pool.add("name", metavar="NAME", type=_identifier)
    pool.add("-n", dest="count", metavar="COUNT", type=_count, help="how many; by default one for each processor")
    mapping = add("map", "call a function for each item, in parallel; `-o` takes the list of results")
    mapping.add("function", metavar="FUNCTION", complete=variables)
    mapping.add("items", metavar="ITEMS", complete=variables)
    mapping.add("-o", "--output", metavar="NAME", type=_identifier, help="the variable for the list of results")
    mapping.add("--workers", metavar="COUNT", type=_count, help="how many interpreters; by default one per processor")
    mapping.add("--pool", metavar="NAME", help="the pool that `%%subinterp pool` has made")
    scatter = add("scatter", "give each of several interpreters its part of a sequence or array")
    scatter.add("names", metavar="NAME[,NAME...]", separators=",", complete=complete.interpreters)
    scatter.add("variables", metavar="NAME[=SOURCE]", nargs="+", separators=",=", complete=variables)
    gather = add("gather", "join the parts of a sequence or array from several interpreters")
    gather.add("names", metavar="NAME[,NAME...]", separators=",", complete=complete.interpreters)
    gather.add("variables", metavar="NAME[=SOURCE]", nargs="+", separators=",=")


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of interpreters: write 1 to 1000")
    return int(text)


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid variable name")
    return text
