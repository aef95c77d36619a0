"""Imports that another interpreter asks for, and the reasons why an interpreter cannot import a module."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module

from subinterp_kernel.extensions.policy import SUPPORTED
from subinterp_kernel.messaging import own_frames

__all__ = ["bind_modules", "explain"]

_MAX_REASON_LENGTH = 80
_THAT_IMPORT_FOR_OTHERS = ("importlib", __name__.partition(".")[0])

_ADVICE = "with `--extensions auto`" if SUPPORTED else "with `--gil shared`"

# CPython's messages for a module that does not support a GIL of its own, and for one that another interpreter has.
_REFUSAL = re.compile(r"module (?P<module>\S+) does not support loading in subinterpreters")
_IN_USE = re.compile(r"cannot load module more than once per process")


def bind_modules(names: dict[str, str]) -> str:
    """Import modules and bind them in ``__main__``.

    Parameters
    ----------
    names : dict of str to str
        Variable names and the modules to bind to them.

    Returns
    -------
    str
        The modules that cannot be imported here, each with a short reason, separated by commas; or an empty string.
    """
    failures = {}
    for variable, module in names.items():
        try:
            sys.modules["__main__"].__dict__[variable] = import_module(module)
        except Exception as error:  # noqa: BLE001 - importing a module may raise anything
            failures[variable] = _reason(error)
    return ", ".join(f"{variable} ({reason})" for variable, reason in failures.items())


def explain(error: BaseException) -> bool:
    """Give the error of an import one sentence, if this interpreter cannot load a compiled module.

    Parameters
    ----------
    error : BaseException
        What the import raised: CPython's error, or one that a package such as NumPy raised because of it. Its message
        is replaced, its cause becomes CPython's error, and the frames of libraries are dropped from its traceback.

    Returns
    -------
    bool
        False if there is nothing to explain, or if it was explained already.
    """
    if not isinstance(error, ImportError) or isinstance(error.__cause__, _RefusedError):
        return False
    for cause in _chain(error):
        sentence = _sentence(cause)
        if sentence is not None:
            error.__cause__ = _RefusedError(str(cause))
            error.args, error.msg = (sentence,), sentence
            if error.__traceback__ is not None:  # the first frame is not shown
                error.__traceback__.tb_next = own_frames.drop(error.__traceback__.tb_next, own_frames.is_installed)
            return True
    return False


class _RefusedError(ImportError):
    """CPython's error."""


_RefusedError.__name__ = _RefusedError.__qualname__ = ImportError.__name__
_RefusedError.__module__ = ImportError.__module__


def _sentence(error: BaseException) -> str | None:
    refused = _REFUSAL.fullmatch(str(error))
    if refused is not None:
        module = refused["module"]
        package = _importing_package(error) or module
        reason = "it" if package == module else f"its compiled module {module}"
        return (
            f"{package} cannot be imported here, because {reason} does not support interpreters with a GIL of their "
            f"own. Use {package} in the main interpreter, or try an interpreter made {_ADVICE}"
        )
    if _IN_USE.fullmatch(str(error)):
        package = _importing_package(error) or "the module"
        return (
            f"{package} cannot be imported here, because another interpreter has imported it, and only one of the "
            f"process can. Use {package} there"
        )
    return None


def _importing_package(error: BaseException) -> str:
    """Return the package whose code was importing a module of its own; empty if it was the user's code."""
    package = ""
    frames = error.__traceback__
    while frames is not None:
        name = str(frames.tb_frame.f_globals.get("__package__") or "").partition(".")[0]
        if name not in _THAT_IMPORT_FOR_OTHERS:
            package = name
        frames = frames.tb_next
    return package


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and not any(error is each for each in seen):
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str:
    if any(_REFUSAL.search(str(each)) for each in _chain(error)):
        return "refuses a GIL of its own"
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return text if len(text) <= _MAX_REASON_LENGTH else f"{text[:_MAX_REASON_LENGTH]}…"
