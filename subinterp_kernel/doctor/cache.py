"""Keeps what was found out about files in the user's cache folder, by the hash of their content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING

from subinterp_kernel import __version__

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Cache", "hash_of_file", "hash_of_texts"]

_FORMAT = 1  # increased when the doctor looks for something else


class Cache:
    """Answers by key; a cache that cannot be written forgets.

    Parameters
    ----------
    enabled : bool
        False for one that is always empty.
    """

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        start = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        self._folder = os.path.join(start, "subinterp-kernel", "doctor")

    def get(self, *key: str) -> Any:
        """Return the answer of that key, or None."""
        if self._enabled:
            # A file that is damaged is the same as none.
            with contextlib.suppress(OSError, ValueError), open(self._path(key), encoding="utf-8") as file:
                return json.load(file)
        return None

    def put(self, answer: Any, *key: str) -> None:
        """Keep an answer, which JSON can express."""
        if not self._enabled:
            return
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._folder, encoding="utf-8", delete=False) as file:
                json.dump(answer, file)
            os.replace(file.name, self._path(key))  # so that nobody reads a half-written file

    def _path(self, key: tuple[str, ...]) -> str:
        name = hash_of_texts(str(_FORMAT), __version__, sys.version, *key)
        return os.path.join(self._folder, f"{name}.json")


def hash_of_file(path: str) -> str:
    """Return the hash of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of_texts(*texts: str) -> str:
    """Return the hash of some texts."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
