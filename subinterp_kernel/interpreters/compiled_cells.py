"""Imports the compiled module of a Cython cell, and binds what it defines."""

from __future__ import annotations

import linecache
import os
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

__all__ = ["bind_public_names"]


def bind_public_names(module: str, path: str) -> None:
    """Import a compiled module, and bind its public names in ``__main__``.

    The names are those of ``__all__``, or those that do not begin with an underscore. A module that is imported already
    is not imported again: it has the same content.

    Parameters
    ----------
    module, path : str
        The name and the file of the module.
    """
    found = sys.modules.get(module) or _imported(module, path)
    names = getattr(found, "__all__", None)
    if names is None:
        names = [name for name in vars(found) if not name.startswith("_")]
    sys.modules["__main__"].__dict__.update({name: getattr(found, name) for name in names})


def _imported(name: str, path: str) -> ModuleType:
    _show_in_tracebacks(os.path.join(os.path.dirname(path), f"{name}.pyx"))
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, path))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _show_in_tracebacks(source: str) -> None:
    """Let tracebacks find a file that Cython's code objects know by its name only, without the folder."""
    try:
        with open(source, encoding="utf-8", errors="surrogatepass") as file:
            lines = file.readlines()
    except OSError:
        return
    # Without a time of modification it is not checked, and stays.
    linecache.cache[os.path.basename(source)] = sum(map(len, lines)), None, lines, source
