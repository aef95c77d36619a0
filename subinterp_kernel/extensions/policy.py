"""Decides how an extension module is loaded in an interpreter with a GIL of its own."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, Final

__all__ = [
    "AUTO", "POLICIES", "PRIVATE", "STRICT", "SUPPORTED", "check_not_unsafe", "is_known_to_support",
    "needs_private_copy",
]  # fmt: skip

AUTO: Final = "auto"
STRICT: Final = "strict"
PRIVATE: Final = "private"
POLICIES: Final = (AUTO, STRICT, PRIVATE)

# Whether private copies can be made here: cython_ext/extensions/elf_file.cpp knows these machines.
SUPPORTED: Final = sys.platform == "linux" and os.uname().machine in {"x86_64", "aarch64"} and sys.maxsize > 2**32

_OWN_PACKAGE = "subinterp_kernel.bindings."
_REFUSING_STANDARD_MODULES = frozenset({"_curses", "_curses_panel", "_tkinter", "readline"})


def is_known_to_support(module: str, path: str) -> bool:
    """Return whether an extension module supports GILs of their own, without a look at its file."""
    if module.startswith(_OWN_PACKAGE):
        return True
    in_standard_library = os.path.basename(os.path.dirname(path)) == "lib-dynload"
    return in_standard_library and module not in _REFUSING_STANDARD_MODULES


def needs_private_copy(policy: str, declaration: str) -> bool:
    """Return whether an extension module must be loaded from a private copy.

    Parameters
    ----------
    policy : {"auto", "private"}
        How the interpreter loads extension modules.
    declaration : str
        What the module says about sub-interpreters, as ``bindings._extensions.known_declaration`` returns it. A file
        that is ``"unknown"`` may be damaged: the attempt to copy it says how, but CPython's own loader could crash.
    """
    return policy == PRIVATE or declaration != "own_gil"


def check_not_unsafe(module: str, path: str) -> None:
    """Raise ImportError if the private copy of a module is known to fail."""
    package = module.partition(".")[0]
    entry = _known_unsafe().get(package)
    if entry is None or sys.version_info < tuple(entry.get("since_python", (3,))):
        return
    name = entry.get("name", package)
    raise ImportError(
        f"{entry.get('name', module)} cannot be imported here, because {name} {entry['reason']} (as of "
        f"{entry['versions']}). Use {name} in main, or in an interpreter made with `--gil shared`",
        name=module,
        path=path,
    )


def _known_unsafe() -> dict[str, dict[str, Any]]:
    import tomllib

    with open(os.path.join(os.path.dirname(__file__), "known_unsafe.toml"), "rb") as file:
        return tomllib.load(file)
