"""What an environment variable may be. A module of its own because every interpreter with a shell imports it."""

from __future__ import annotations

import os

from subinterp_kernel.errors import InvalidEnvironmentError

__all__ = ["check_variable"]


def check_variable(name: str, value: str) -> None:
    """Raise InvalidEnvironmentError if the name or the value is not allowed for an environment variable."""
    if not name or "=" in name or "\0" in name:
        raise InvalidEnvironmentError(
            f"{name!r} cannot name an environment variable: a name must not be empty or contain '=' or '\\0'"
        )
    if "\0" in value:
        raise InvalidEnvironmentError(f"the value of environment variable {name!r} contains '\\0': remove it")
    try:
        os.fsencode(name + value)
    except UnicodeEncodeError:
        raise InvalidEnvironmentError(
            f"environment variable {name!r} cannot be encoded for the operating system"
        ) from None
