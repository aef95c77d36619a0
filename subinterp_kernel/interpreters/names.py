"""The rule for the names of interpreters."""

from __future__ import annotations

from subinterp_kernel.errors import InvalidNameError
from subinterp_kernel.interpreters.lookup import MAIN_NAME

__all__ = ["check_name"]

_MAX_NAME_LENGTH = 1000  # names appear in tables and messages


def check_name(name: object) -> str:
    """Return the name if an interpreter can have it, else raise InvalidNameError."""
    if not isinstance(name, str):
        raise InvalidNameError(f"the name of an interpreter must be a str, not {type(name).__name__}")
    if not name or "," in name or any(character.isspace() for character in name):
        raise InvalidNameError(
            f"{name!r} cannot name an interpreter: a name must not be empty or contain commas or white space"
        )
    if name == MAIN_NAME:
        raise InvalidNameError("'main' is the name of the main interpreter; choose another one")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidNameError(f"{name!r} cannot name an interpreter: it contains a lone surrogate") from None
    if not name.isprintable() or name.startswith("-"):
        raise InvalidNameError(
            f"{name!r} cannot name an interpreter: a name must be printable and must not begin with a dash"
        )
    if len(name) > _MAX_NAME_LENGTH:
        raise InvalidNameError(
            f"{name[:20] + '...'!r} cannot name an interpreter: a name has at most {_MAX_NAME_LENGTH} characters"
        )
    return name
