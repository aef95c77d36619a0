"""The command ``subinterp-kernel``, which has subcommands."""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# By name: the module, whose function `main` takes the arguments and the name of the command; and what it is for.
_SUBCOMMANDS = {
    "doctor": ("subinterp_kernel.doctor.command", "find out which packages work in sub-interpreters, and how well"),
}
_HELP = ("-h", "--help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its status; 2 if there is no such subcommand."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or [_HELP[0]]
    if name in _SUBCOMMANDS:
        status: int = import_module(_SUBCOMMANDS[name][0]).main(rest, f"subinterp-kernel {name}")
        return status
    lines = [f"  {name:10}{purpose}" for name, (_, purpose) in _SUBCOMMANDS.items()]
    usage = "\n".join(["usage: subinterp-kernel SUBCOMMAND ...", "", *lines])
    if name in _HELP:
        print(usage)
        return 0
    print(f"subinterp-kernel has no subcommand {name!r}\n{usage}", file=sys.stderr)
    return 2
