"""The rule for the names of interpreters."""

from __future__ import annotations

from subinterp_kernel.errors import InvalidNameError
from subinterp_kernel.interpreters.lookup import MAIN_NAME

__all__ = ["check_name"]

_MAX_NAME_LENGTH = 1000  # names appear in tables and messages


def check_name(name: object) -> str:
    """Return the name if an interpreter can have it, else raise InvalidNameError.

    Other characters are refused because they are probably typing errors, as in ``%subinterp new a; x = 1``, or have a
    meaning in the lists of the magics: ``a,b``, ``w*``, ``w1..w4``.
    """
    if not isinstance(name, str):
        raise InvalidNameError(f"the name of an interpreter must be a str, not {type(name).__name__}")
    if name == MAIN_NAME:
        raise InvalidNameError("'main' is the name of the main interpreter; choose another one")
    if len(name) > _MAX_NAME_LENGTH:
        raise InvalidNameError(
            f"{name[:20] + '...'!r} cannot name an interpreter: a name has at most {_MAX_NAME_LENGTH} characters"
        )
    if not name or name.startswith("-") or ".." in name or not all(map(_is_allowed, name)):
        raise InvalidNameError(
            f"{name!r} cannot name an interpreter: a name consists of letters, digits, emoji, '_', '-' and single "
            "dots, and does not begin with '-'"
        )
    return name


def _is_allowed(character: str) -> bool:
    if character.isalnum() or character in "_-.":
        return True
    import unicodedata  # rarely needed

    category = unicodedata.category(character)
    return category.startswith("M") or category == "So"  # accents that follow their letter, and emoji
