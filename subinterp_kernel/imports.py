"""Imports modules in this interpreter under the names that another one has for them."""

from __future__ import annotations

import sys
from importlib import import_module

__all__ = ["bind_modules"]

_REFUSAL = "does not support loading in subinterpreters"  # CPython's words
_LONGEST = 80  # characters of a reason


def bind_modules(names: dict[str, str]) -> str:
    """Import modules and bind them in ``__main__``.

    Parameters
    ----------
    names : dict of str to str
        The name of the variable, and that of the module.

    Returns
    -------
    str
        Those that cannot be imported here, and why in a few words, as a list with commas; empty if there are none.
    """
    failures = {}
    for variable, module in names.items():
        try:
            sys.modules["__main__"].__dict__[variable] = import_module(module)
        except Exception as error:  # noqa: BLE001 - a module may raise anything when it is imported
            failures[variable] = _reason(error)
    return ", ".join(f"{variable} ({reason})" for variable, reason in failures.items())


def _reason(error: BaseException) -> str:
    first: BaseException = error
    while first.__cause__ or first.__context__:  # NumPy says why in many words, and with the cause behind it
        first = first.__cause__ or first.__context__  # type: ignore[assignment]
    if any(_REFUSAL in str(each) for each in (error, first)):
        return "refuses a GIL of its own"
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
