"""The globals of called functions: the variables of the caller's ``__main__`` that they use, kept between calls."""

from __future__ import annotations

import _pickle as pickle  # see serialization
from types import BuiltinFunctionType

from subinterp_kernel.shared import serialization

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

__all__ = ["clear", "loads", "run"]

_globals: dict[str, Any] = {}
_received: dict[str, int] = {}  # a hash of what each variable was when it was last taken over


def loads(payload: bytes) -> Any:
    """Unpickle a call. Functions of the caller's ``__main__`` get the globals of the calls before.

    A variable that the caller has not changed since keeps the value that the functions have given it here. That a value
    did not change is known of what pickle can pickle.
    """
    before = dict(_globals)
    token = serialization.globals_of_main.set(_globals)
    try:
        call = serialization.loads(payload)
    finally:
        serialization.globals_of_main.reset(token)
    for name, value in list(_globals.items()):
        if name in before and value is before[name]:
            continue
        received = _hash(value)
        if name in before and received is not None and received == _received.get(name):
            _globals[name] = before[name]
        elif received is not None:
            _received[name] = received
    return call


def _hash(value: object) -> int | None:
    try:
        return hash(pickle.dumps(value, -1))
    except Exception:  # noqa: BLE001 - user code's __reduce__ may raise anything
        return None


def clear() -> None:
    """Forget all globals."""
    _globals.clear()
    _received.clear()


def run(namespace: dict[str, Any], function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function. Those builtins that use the namespace of their caller get the given one."""
    if isinstance(function, BuiltinFunctionType):
        if function in (eval, exec) and len(args) == 1 and "globals" not in kwargs:
            return function(*args, namespace, **kwargs)
        if function in (globals, locals, vars, dir) and not args and not kwargs:
            return sorted(namespace) if function is dir else namespace
    return function(*args, **kwargs)
