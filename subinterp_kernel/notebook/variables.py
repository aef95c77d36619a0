"""Variables that a cell takes in and gives back: ``-i a,b=c`` and ``-o x,y=z``, read like assignments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.errors import ExecutionFailed
from subinterp_kernel.interpreter import Interpreter

__all__ = ["Assignment", "collect", "parse", "pull", "push"]

Assignment = tuple[str, str]
"""The name that is bound, and the name, or dotted path, that it is bound to."""


def parse(specifications: Iterable[str]) -> list[Assignment]:
    """Read ``["a,b=c", "d"]`` as ``[("a", "a"), ("b", "c"), ("d", "d")]``.

    Raises
    ------
    UsageError
        Something in it is not a name.
    """
    return [_parse_one(part) for specification in specifications for part in specification.split(",")]


def _parse_one(part: str) -> Assignment:
    target, equals, source = (piece.strip() for piece in part.partition("="))
    source = source if equals else target
    target = target if equals else target.rpartition(".")[2]
    if not target.isidentifier() or not all(name.isidentifier() for name in source.split(".")):
        raise UsageError(f"{part!r} names no variable: write NAME, or NAME=SOURCE, with commas between several")
    return target, source


def push(shell: InteractiveShell, interpreter: Interpreter, assignments: list[Assignment]) -> None:
    """Copy variables of the notebook into the interpreter, all of them or, if one cannot cross, none.

    Raises
    ------
    UsageError
        The notebook has no such variable.
    NotShareableError
        One cannot cross; the sentence names it.
    """
    if assignments:
        interpreter.prepare_main(collect(shell, assignments))


def collect(shell: InteractiveShell, assignments: list[Assignment]) -> dict[str, Any]:
    """Return what the assignments bind, from the notebook's variables.

    Raises
    ------
    UsageError
        The notebook has no such variable.
    """
    return {target: _find(shell.user_ns, source) for target, source in assignments}


def pull(shell: InteractiveShell, interpreter: Interpreter, assignments: list[Assignment]) -> None:
    """Copy variables of the interpreter into the notebook, all of them or none.

    Raises
    ------
    UsageError
        The interpreter has no such variable.
    NotShareableError
        One cannot cross; the sentence names it.
    """
    shell.push({target: _fetch(interpreter, source) for target, source in assignments})


def _fetch(interpreter: Interpreter, path: str) -> Any:
    try:
        return interpreter.get(path)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    except ExecutionFailed as failed:
        raise UsageError(
            f"cannot get {path!r} from interpreter {interpreter.name!r}: {failed.excinfo.formatted}"
        ) from None


def _find(namespace: dict[str, Any], path: str) -> Any:
    name, *attributes = path.split(".")
    if name not in namespace:
        raise UsageError(f"the notebook has no variable {name!r}")
    value = namespace[name]
    for attribute in attributes:
        if not hasattr(value, attribute):
            raise UsageError(f"{name} has no attribute {attribute!r}")
        value = getattr(value, attribute)
    return value
