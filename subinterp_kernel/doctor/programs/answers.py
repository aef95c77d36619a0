"""What an interpreter says of the modules that it has imported, so that interpreters can be compared."""

from __future__ import annotations

import importlib
import re
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Answers", "differences", "import_all", "of"]

# By the dotted path of an attribute: its type and text, and its address if interpreters must not share it.
type Answers = dict[str, tuple[str, int | None]]

_IMMORTAL = 1 << 28  # references; CPython gives no other object that many
_HEAP_TYPE = 1 << 9  # the flag of a class that was made at run time
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
# Their texts are the same in every interpreter. Other objects may have texts with times, random values or sizes.
_COMPARED = (str, bytes, int, bool, type(None), type, FunctionType, BuiltinFunctionType)
_MOST_CHARACTERS = 200
_LARGEST_NUMBER = 1 << 32  # a larger one may be an address
_MOST_SHOWN = 3


def import_all(modules: Sequence[str], optional: Sequence[str] = ()) -> dict[str, str]:
    """Import the modules in this interpreter; return the errors of optional ones.

    Raises
    ------
    ImportError
        Another one cannot be imported.
    """
    missing = {}
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            text = f"{name}: {type(error).__name__}: {error}"
            if name not in optional:
                raise ImportError(text, name=name) from error
            missing[name] = text.partition("\n")[0]
    return missing


def of(modules: Sequence[str], optional: Sequence[str] = ()) -> tuple[Answers, dict[str, str]]:
    """Import the modules in this interpreter; return what their attributes say, and the errors of optional ones."""
    missing = import_all(modules, optional)
    found: Answers = {name: (text, None) for name, text in missing.items()}
    for name in (name for name in modules if name not in missing):
        module = sys.modules[name]
        dir(module)
        is_compiled = not str(getattr(module, "__file__", "")).endswith(".py")
        for path, value in _attributes(name, module):
            text = "" if path.rpartition(".")[2].startswith("_") else _text(value)
            found[path] = text, _own_address(value, name) if is_compiled else None
    return found, missing


def differences(found: Sequence[Answers], *, may_share: bool = False) -> list[str]:
    """Return how the answers of interpreters differ, and which objects they share, as a few sentences.

    Parameters
    ----------
    found : sequence of Answers
        One for each interpreter; all were alive when they answered.
    may_share : bool
        They are answers of the same interpreter.
    """
    first, *others = found
    problems = []
    for other in others:
        problems += _shown("differs between interpreters", _differing(first, other))
        if not may_share:
            problems += _shown("is one object for several interpreters", _shared(first, other))
    return list(dict.fromkeys(problems))


def _differing(first: Answers, other: Answers) -> list[str]:
    return [path for path in first.keys() | other.keys() if _said(first, path) != _said(other, path)]


def _said(answers: Answers, path: str) -> str | None:
    return answers[path][0] if path in answers else None


def _shared(first: Answers, other: Answers) -> list[str]:
    common = first.keys() & other.keys()
    return [path for path in common if first[path][1] is not None and first[path][1] == other[path][1]]


def _shown(what: str, paths: list[str]) -> list[str]:
    ordered = sorted(paths)
    more = f" (and {len(ordered) - _MOST_SHOWN} more)" if len(ordered) > _MOST_SHOWN else ""
    return [f"{', '.join(ordered[:_MOST_SHOWN])}{more} {what}"] if ordered else []


def _attributes(name: str, module: ModuleType) -> Iterator[tuple[str, object]]:
    """Yield the attributes of a module and of its classes, with their paths."""
    for attribute, value in list(vars(module).items()):
        if attribute.startswith("__") or isinstance(value, ModuleType):
            continue
        yield f"{name}.{attribute}", value
        if isinstance(value, type) and value.__module__.partition(".")[0] == name.partition(".")[0]:
            for inner, content in list(vars(value).items()):
                if not inner.startswith("__"):
                    yield f"{name}.{attribute}.{inner}", content


def _text(value: object) -> str:
    """Return the type of an object and its text, without addresses; the text of some types only is compared."""
    try:
        text = _ADDRESS.sub("0x…", repr(value))[:_MOST_CHARACTERS]
    except Exception as error:  # noqa: BLE001, some objects are not complete, and that is their answer
        return f"{type(value).__name__} {type(error).__name__}"
    is_address = isinstance(value, int) and abs(value) > _LARGEST_NUMBER
    return f"{type(value).__name__} {text if isinstance(value, _COMPARED) and not is_address else ''}"


def _own_address(value: object, module: str) -> int | None:
    """Return the address of an object that belongs to one interpreter, or None if it may belong to all."""
    if isinstance(value, type) and not value.__flags__ & _HEAP_TYPE:
        # A static class of CPython belongs to all; one of an extension module is a C variable of it.
        return id(value) if value.__module__.partition(".")[0] == module.partition(".")[0] else None
    return None if sys.getrefcount(value) >= _IMMORTAL else id(value)
