"""Compiles one Cython cell: a script for a process of its own, which Stop can end and which leaves nothing in main.

It is given the path of the settings that ``cython_compilation`` has written, and imports nothing of this package. What
Cython and the compiler print is the message for the user. The exit status is 0, or 1 for an error in the cell, or
MISSING with a sentence that says what to install.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from typing import Any

__all__ = ["MISSING"]

MISSING = 3

_COMPILER = (
    "%%subinterp_cython needs a C and C++ compiler: install gcc or clang (Debian: apt install g++; macOS: "
    "xcode-select --install; Windows: the Visual C++ build tools), or name one in the environment variable CC"
)
_HEADERS = (
    "%%subinterp_cython needs the header files of this Python: install the package that has Python.h "
    "(Debian: python3-dev)"
)


def main(path: str) -> int:
    """Compile the cell that the settings in the file `path` describe; return the exit status."""
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    from Cython.Build import cythonize
    from Cython.Compiler.Errors import CompileError
    from setuptools import Extension

    extension = Extension(settings["module"], [settings["source"]], **settings["extension"])
    try:
        (extension,) = cythonize(
            [extension], build_dir=settings["folder"], include_path=[os.getcwd()], force=True, quiet=True,
            language_level=3,
        )  # fmt: skip
    except CompileError:
        return 1
    return _build(extension, settings["folder"])


def _build(extension: Any, folder: str) -> int:
    """Run the C compiler: the library is written to the folder."""
    from setuptools import Distribution
    from setuptools.errors import CompileError, LinkError, PlatformError

    command: Any = Distribution({"ext_modules": [extension]}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = folder
    command.ensure_finalized()
    if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
        return _missing(_HEADERS)
    try:
        command.run()
    except PlatformError:  # no Visual C++
        return _missing(_COMPILER)
    except (CompileError, LinkError) as error:
        compiler = getattr(command.compiler, "compiler_so", None)
        if compiler and shutil.which(compiler[0]) is None:
            return _missing(_COMPILER)
        print(error, file=sys.stderr)
        return 1
    return 0


def _missing(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return MISSING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
