"""The notebook's variables: copied into cells and out of them, and the modules among them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from subinterp_kernel.errors import ExecutionFailed
from subinterp_kernel.interpreters.interpreter import Interpreter
from subinterp_kernel.messaging.cells import Assignment, RaisedError
from subinterp_kernel.messaging.dotted_paths import UnknownVariableError, look_up

__all__ = ["collect", "encodable", "imported_modules", "known_in_main", "not_copied", "pull", "push"]

_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")


def collect(shell: InteractiveShell, assignments: Iterable[Assignment]) -> dict[str, Any]:
    """Return the values that the assignments take from the notebook, by the names that they bind.

    Raises
    ------
    UsageError
        The notebook has no such variable, or a value no such attribute.
    """
    return {target: _find(shell.user_ns, path) for target, path in assignments}


def push(shell: InteractiveShell, interpreter: Interpreter, assignments: list[Assignment]) -> None:
    """Copy variables of the notebook into the interpreter: all of them, or none if one cannot cross.

    Raises
    ------
    UsageError
        The notebook has no such variable, or a value cannot be made in the interpreter.
    NotShareableError
        A value cannot cross; the message names it.
    """
    if not assignments:
        return
    try:
        interpreter.prepare_main(collect(shell, assignments))
    except ExecutionFailed as failed:
        names = ", ".join(target for target, _ in assignments)
        raise UsageError(not_copied(names, interpreter.name, failed)) from None


def pull(shell: InteractiveShell, interpreter: Interpreter, assignments: list[Assignment]) -> None:
    """Copy variables of the interpreter into the notebook: all of them, or none if one cannot cross.

    Raises
    ------
    UsageError
        The interpreter has no such variable.
    NotShareableError
        A value cannot cross; the message names it.
    """
    shell.push({target: _fetch(interpreter, path) for target, path in assignments})


def not_copied(names: str, interpreter: str, failed: ExecutionFailed) -> str:
    """Return why variables could not be made from their copies in an interpreter."""
    return f"cannot copy {names} into interpreter {interpreter!r}: {failed.excinfo.formatted}"


def imported_modules(shell: InteractiveShell) -> dict[str, str]:
    """Return the modules that the notebook has imported: their names, by the names of its variables."""
    return {
        name: value.__name__
        for name, value in shell.user_ns.items()
        if isinstance(value, ModuleType) and not name.startswith("_")
    }


def known_in_main(shell: InteractiveShell, error: RaisedError, interpreter: str) -> RaisedError:
    """Return the error of a cell; if it is the NameError of a variable that the notebook has, with what to do."""
    unknown = _NOT_DEFINED.match(error.evalue) if error.ename == "NameError" else None
    if unknown is None or unknown[1] not in shell.user_ns or error.shown:
        return error
    name, value = unknown[1], shell.user_ns[unknown[1]]
    if isinstance(value, ModuleType):
        hint = f"; main has imported it: import {value.__name__} in this interpreter, too"
    else:
        hint = f"; it exists in main: `%%subinterp {interpreter} -i {name}` copies it"
    lines = [*error.traceback[:-1], *(line.rstrip("\n") + hint for line in error.traceback[-1:])]
    return error._replace(evalue=error.evalue + hint, traceback=lines)


def encodable(code: str) -> str:
    """Return the code without lone surrogates, which a frontend may send but Python source cannot contain."""
    return code.encode("utf-8", "replace").decode()


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
    try:
        return look_up(namespace, path)
    except UnknownVariableError as unknown:
        raise UsageError(f"the notebook has no variable {unknown.args[0]!r}") from None
    except AttributeError as error:
        raise UsageError(f"the notebook has no {path!r}: {error}") from None
