"""Ids of tests with the number of an interpreter: ``test_it.py::test_it@2[parameter]``."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["plain_id", "with_suffix"]


def with_suffix(nodeid: str, suffix: str) -> str:
    """Return the id with the suffix behind the name of the function: pytest takes the rest for parameters.

    Parameters
    ----------
    nodeid : str
        The id of a test or file, or the last part of an id, as pytest makes it.
    suffix : str
        For example ``"@2"``.
    """
    name, parameters = _split(nodeid)
    return name + suffix + parameters


def plain_id(nodeid: str, suffixes: Iterable[str]) -> str:
    """Return the id without one of these suffixes."""
    name, parameters = _split(nodeid)
    for suffix in suffixes:
        if suffix and name.endswith(suffix):
            return name.removesuffix(suffix) + parameters
    return nodeid


def _split(nodeid: str) -> tuple[str, str]:
    path, separator, rest = nodeid.partition("::")
    if not separator:
        path, rest = "", nodeid
    name, bracket, parameters = rest.partition("[")
    return path + separator + name, bracket + parameters
