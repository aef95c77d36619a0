"""The compiled module of a Cython cell: from the cache, or compiled in a child process.

The module makes no promise about GILs of their own, so each interpreter loads it from a private copy
(:mod:`subinterp_kernel.extensions`). It could declare ``subinterpreters_compatible=own_gil`` instead. But what
Cython 3.3 generates for such modules still has C variables, which all interpreters would share: the built-in functions
that a cell uses, the constants of typed memoryviews (cython/cython issue 8006), and each ``cdef`` variable of the cell.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from IPython.core.error import UsageError
from IPython.paths import get_ipython_cache_dir

from subinterp_kernel.errors import InterpreterError
from subinterp_kernel.interpreters.lookup import MAIN_NAME
from subinterp_kernel.messaging.cells import RaisedError
from subinterp_kernel.notebook.context import NotebookContext
from subinterp_kernel.notebook.errors import exception_of
from subinterp_kernel.notebook.magics import cython_build

__all__ = ["BuildOptions", "CompiledCell", "compiled"]

_RECIPE = 1  # to be increased when cells are compiled in another way
_FLAGS = ("CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS")  # variables that setuptools takes options of the compiler from
_POLL = 0.2  # seconds between checks whether the kernel is shutting down
_CIMPORTS_NUMPY = re.compile(r"\bcimport\s+numpy\b|\bfrom\s+numpy\S*\s+cimport\b")
_PREFIX = "_cython_cell_"
_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to compile a cell: arguments of ``setuptools.Extension``.

    Attributes
    ----------
    language : {"c", "c++"}
        What Cython generates.
    extra_compile_args, extra_link_args : list of str
        Further arguments of the compiler and the linker.
    include_dirs, library_dirs, libraries : list of str
        Where the compiler looks for header files and libraries, and what it links.
    """

    language: str = "c"
    extra_compile_args: list[str] = field(default_factory=list)
    extra_link_args: list[str] = field(default_factory=list)
    include_dirs: list[str] = field(default_factory=list)
    library_dirs: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CompiledCell:
    """A module in the cache.

    Attributes
    ----------
    module, path : str
        Its name, and its file.
    messages : str
        The warnings of Cython and of the compiler; empty if it was in the cache already.
    """

    module: str
    path: str
    messages: str = ""


def compiled(context: NotebookContext, code: str, options: BuildOptions, force: bool = False) -> CompiledCell:
    """Return the compiled module of a cell.

    Parameters
    ----------
    context : NotebookContext
        How to wait.
    code : str
        The cell.
    options : BuildOptions
        How to compile it.
    force : bool
        Compile it even if it is in the cache.

    Raises
    ------
    UsageError
        Cython, setuptools, a compiler or the header files of Python are missing.
    CellError
        The cell cannot be compiled; the traceback is what Cython or the compiler printed.
    """
    version = _version_of_cython()
    code = code if code.endswith("\n") else code + "\n"
    options = _with_numpy(code, options)
    flags = [os.environ.get(name) for name in _FLAGS]
    key = [_RECIPE, code, version, sysconfig.get_config_var("SOABI"), asdict(options), flags, force and time.time_ns()]
    module = _PREFIX + hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]
    cache = os.path.join(get_ipython_cache_dir(), "cython")
    path = os.path.join(cache, module + _SUFFIX)
    if os.path.exists(path):
        return CompiledCell(module, path)
    os.makedirs(cache, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="build_", ignore_cleanup_errors=True) as folder:
        source = os.path.join(cache, module + ".pyx")  # tracebacks read it
        _write(folder, source, code)
        settings = {"module": module, "source": source, "folder": folder, "extension": asdict(options)}
        messages = _run(context, settings)
        os.replace(os.path.join(folder, module + _SUFFIX), path)  # another kernel may have done so at the same time
    return CompiledCell(module, path, messages)


def _version_of_cython() -> str:
    try:
        version = importlib.metadata.version("cython")
    except importlib.metadata.PackageNotFoundError:
        version = ""
    if not version or importlib.util.find_spec("setuptools") is None:
        raise UsageError("%%subinterp_cython needs Cython and setuptools: run pip install 'subinterp-kernel[cython]'")
    return version


def _with_numpy(code: str, options: BuildOptions) -> BuildOptions:
    """Add the header files of NumPy if the cell uses its C interface, as Cython's own magic does."""
    if not _CIMPORTS_NUMPY.search(code) or importlib.util.find_spec("numpy") is None:
        return options
    import numpy

    return BuildOptions(**{**asdict(options), "include_dirs": [*options.include_dirs, numpy.get_include()]})


def _write(folder: str, path: str, text: str) -> None:
    """Write a file that another kernel may write or read at the same time."""
    temporary = os.path.join(folder, "new")
    with open(temporary, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
    os.replace(temporary, path)


def _run(context: NotebookContext, settings: dict[str, Any]) -> str:
    """Run the script that compiles, and return what Cython and the compiler have printed."""
    file = os.path.join(settings["folder"], "settings.json")
    _write(settings["folder"], file, json.dumps(settings))
    with context.while_waiting(), _process(file) as process:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                messages = process.communicate(timeout=_POLL)[0].strip("\n")
                break
            if context.shutting_down.is_set():
                raise InterpreterError("the kernel shut down while the cell was compiled")
    if process.returncode == cython_build.MISSING:
        raise UsageError(messages.strip().splitlines()[-1])
    if process.returncode:
        raise _error(messages)
    return messages


@contextlib.contextmanager
def _process(settings: str) -> Iterator[subprocess.Popen[str]]:
    """Start the script; end it, and the compiler that it runs, if it is still running when the context ends."""
    command = [sys.executable, "-P", cython_build.__file__, settings]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace", start_new_session=os.name == "posix",
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                if os.name == "posix":
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()


def _error(messages: str) -> Exception:
    """Return the error of a cell that cannot be compiled: of Cython, the last line says what is wrong."""
    lines = messages.splitlines() or ["the compiler ended without a message"]
    return exception_of(RaisedError("CompileError", lines[-1], lines), MAIN_NAME)
