"""The arguments of ``%%subinterp_cython``."""

from __future__ import annotations

from subinterp_kernel.notebook.magics import value_completion as complete
from subinterp_kernel.notebook.magics.argument_parser import LineParser

__all__ = ["cython_parser"]


def cython_parser() -> LineParser:
    """Return the parser of ``%%subinterp_cython``."""
    parser = LineParser("%%subinterp_cython", "Compile the Cython cell, and import it into the interpreter NAME.")
    parser.usage = "%(prog)s NAME[,NAME...] [options]"
    parser.add(
        "targets", metavar="NAME[,NAME...]", nargs="+", complete=complete.interpreters, separators=",",
        help="interpreters: names, ranges such as w1..w4, patterns such as w* for those that exist, and pool:NAME",
    )  # fmt: skip
    parser.add("-+", "--cplus", action="store_true", help="generate C++")
    parser.add("-f", "--force", action="store_true", help="compile it again even if it is in the cache")

    def add_list(*flags: str, dest: str, metavar: str, help: str) -> None:
        parser.add(*flags, dest=dest, action="append", default=[], metavar=metavar, help=help)

    add_list("-c", "--compile-args", dest="extra_compile_args", metavar="ARG", help="pass it to the compiler")
    add_list("--link-args", dest="extra_link_args", metavar="ARG", help="pass it to the linker")
    add_list("-I", "--include", dest="include_dirs", metavar="DIR", help="a folder with header files")
    add_list("-L", "--library-dir", dest="library_dirs", metavar="DIR", help="a folder with libraries")
    add_list("-l", "--lib", dest="libraries", metavar="LIBRARY", help="link this library")
    return parser
