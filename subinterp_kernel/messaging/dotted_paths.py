"""Values named by dotted paths, such as ``"model.weights"``. Importable in every interpreter."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["UnknownVariableError", "look_up"]


class UnknownVariableError(KeyError):
    """There is no variable of that name."""


def look_up(namespace: Mapping[str, Any], path: str) -> Any:
    """Return the value of a variable, or of an attribute below one.

    Parameters
    ----------
    namespace : mapping of str to object
        The variables.
    path : str
        A name, or names with dots between them.

    Raises
    ------
    UnknownVariableError
        There is no such variable.
    AttributeError
        A value on the path has no such attribute; also whatever the attribute's own code raises.
    """
    name, *attributes = path.split(".")
    if name not in namespace:
        raise UnknownVariableError(name)
    value = namespace[name]
    for attribute in attributes:
        value = getattr(value, attribute)
    return value
